import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL(".", import.meta.url));
const page = fileURLToPath(new URL("../../docs/troubleshooting.md", import.meta.url));

test("each message in docs/troubleshooting.md is one of the product's own", () => {
  const program = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !/\.(test|fixture)\.ts$/.test(file))
    .map((file) => readFileSync(join(source, file), "utf8").replaceAll(/\$\{[^}]+\}/g, "N"))
    .join("\n");
  const messages = [...readFileSync(page, "utf8").matchAll(/^### “([^”]+)”$/gm)].map(
    ([, message]) => message ?? "",
  );
  expect(messages.length).toBeGreaterThan(5);
  expect(messages.filter((message) => !program.includes(message))).toEqual([]);
});
