import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";

/* Requests that the documentation shows, such as ```json request="PUT /api/…", are what the API takes. */

const docs = new URL("../../docs/", import.meta.url);
const api = JSON.parse(readFileSync(new URL("../openapi.json", import.meta.url), "utf8"));
const ajv = new Ajv2020({ strict: false, validateFormats: false });

const blocks = readdirSync(docs)
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) => {
    const text = readFileSync(new URL(file, docs), "utf8");
    const shown = text.matchAll(/^```json(?: ([^\n]*))?\n([^`]*)^```$/gm);
    return [...shown].map(([, about = "", body = ""]) => ({ file, about, body }));
  });
const requests = blocks.flatMap(({ file, about, body }) => {
  const [, method, path] = /^request="([A-Z]+) (\S+)"$/.exec(about) ?? [];
  return method && path ? [{ file, method, path, body }] : [];
});

it.each(requests)("$file: $method $path", ({ method, path, body }) => {
  const operation = api.paths[path]?.[method.toLowerCase()];
  expect(operation, "there is no such route").toBeDefined();
  const { schema } = operation.requestBody.content["application/json"];
  const valid = ajv.compile({ ...schema, components: api.components });
  expect([valid(JSON.parse(body)), valid.errors]).toEqual([true, null]);
  expect(valid({ ...JSON.parse(body), more: true }), "anything goes").toBe(false);
});

it.each(["hooks.md", "rollouts.md"])("%s says of each example what it is", (name) => {
  const own = blocks.filter(({ file }) => file === name);
  expect(own.length).toBeGreaterThan(0);
  for (const { about } of own) expect(about).toMatch(/^(request=".+"|hook-message)$/);
});
