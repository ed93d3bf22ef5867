import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("packages that cannot be written leave who started them at work", () => {
  const root = mkdtempSync(join(tmpdir(), "bp-package-"));
  try {
    cpSync(fileURLToPath(new URL(".", import.meta.url)), join(root, "control-plane/launch"), {
      recursive: true,
    });
    mkdirSync(join(root, "agent"));
    writeFileSync(join(root, "agent/package.json"), `{"version": "1.0.0"}`);
    writeFileSync(join(root, "dist"), "no folder");
    const script =
      "import('./control-plane/launch/package-agent.mjs').then((m) => { m.packageInBackground(); console.log('goes on'); })";
    const said = execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" });
    expect(said).toMatch(/could not start \(E\w+[^)]*\): make .*dist\/agent writable/);
    expect(said).toContain("goes on");
  } finally {
    rmSync(root, { recursive: true });
  }
});
