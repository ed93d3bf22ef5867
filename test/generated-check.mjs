// Generates everything that is generated and committed, and fails if that changed a file. Like a
// formatter it leaves the new files in place: what it names has to be committed.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
// In this order: the client's types are made from the API's description.
const members = ["proto", "control-plane", "client", "cli"];

const single = new Set(["openapi.json", "schema.sql", "fleet.schema.json"]);

const before = contents();
for (const member of members) generate(member);
const after = contents();

const stale = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  .filter((path) => before[path] !== after[path])
  .sort();
if (stale.length > 0) {
  console.error(`Generated files were stale and have been written again:\n  ${stale.join("\n  ")}`);
  process.exit(1);
}
console.log("All generated files are up to date.");

function generate(member) {
  const cwd = join(root, member);
  const { scripts } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  const bins = [join(cwd, "node_modules/.bin"), join(root, "node_modules/.bin")];
  execFileSync("sh", ["-c", scripts.generate], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, PATH: [...bins, process.env.PATH].join(delimiter) },
  });
}

// Every file below a folder named `generated`, the API's description and the database's schema.
function contents() {
  const found = {};
  const visit = (folder, generated) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === "node_modules" || entry.name === "dist") continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path, generated || entry.name === "generated");
      else if (generated || single.has(entry.name)) {
        found[relative(root, path)] = createHash("sha256").update(readFileSync(path)).digest("hex");
      }
    }
  };
  for (const member of members) visit(join(root, member), false);
  return found;
}
