import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readConfig, secretVariables } from "./config.ts";

/** Every variable that is read, whichever others are set. */
function readVariables(): string[] {
  const read = new Set<string>();
  const env = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get(_, name) {
        read.add(String(name));
        return undefined;
      },
    },
  );
  readConfig(env);
  return [...read].sort();
}

const textOf = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

test(".env.example has every variable, each as a comment", () => {
  const lines = textOf(".env.example").split("\n").filter(Boolean);
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual([]);
  const named = lines.map((line) => /^#([A-Z0-9_]+)=/.exec(line)?.[1]);
  expect(named).toEqual(expect.arrayContaining(readVariables()));
});

test("the README's table has every variable", () => {
  const table = textOf("README.md");
  const vendors = /^(HARBOR|QUAY|ACR|GITLAB|GITEA)_WEBHOOK_SECRET$/;
  for (const name of readVariables()) {
    const shown = vendors.test(name) ? `\`${name.split("_")[0]}_…\`` : `\`${name}\``;
    expect(table, name).toContain(shown);
  }
});

test("each secret is read by that name", () => {
  expect(readVariables()).toEqual(expect.arrayContaining(secretVariables()));
});
