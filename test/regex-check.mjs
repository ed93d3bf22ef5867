// Whether the time of every regular expression grows as fast as the text that it looks at, and no
// faster: texts come from registries, agents and images.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

process.env.RECHECK_BACKEND = "pure";
const { checkSync } = await import("recheck");

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = execFileSync("git", ["ls-files", "--", "*.ts", "*.mjs"], { cwd: root })
  .toString()
  .trim()
  .split("\n")
  .filter((path) => /^(proto|control-plane|agent|client|cli|web)\//.test(path))
  .filter((path) => !/\.(test|fixture)\.ts$|\/generated\//.test(path));

const found = new Map();
for (const path of sources) {
  const text = readFileSync(join(root, path), "utf8");
  look(ts.createSourceFile(path, text, ts.ScriptTarget.Latest), path);
}

let slow = 0;
for (const [literal, path] of found) {
  const [, pattern, flags] = /^\/(.*)\/([a-z]*)$/s.exec(literal);
  const { status, complexity } = checkSync(pattern, flags.replace("d", ""), { timeout: null });
  if (status === "safe") continue;
  slow += 1;
  console.error(`${path}: ${literal} ${status}: ${complexity?.summary ?? "not known"}`);
}
console.log(`${found.size} regular expressions, ${slow} not linear`);
process.exitCode = slow === 0 && found.size > 0 ? 0 : 1;

function look(node, path) {
  if (node.kind === ts.SyntaxKind.RegularExpressionLiteral && /[*+{]/.test(node.text)) {
    found.set(node.text, path);
  }
  ts.forEachChild(node, (child) => look(child, path));
}
