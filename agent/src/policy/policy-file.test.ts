import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readPolicy } from "./policy-file.ts";

let directory: string;
let stateDir: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agent-policy-"));
  stateDir = join(directory, "state");
  await mkdir(stateDir);
});
afterEach(async () => await rm(directory, { recursive: true }));

const place = (): string => join(directory, "policy.yaml");

describe("the policy file", () => {
  test("is read, and known by its hash", async () => {
    await writeFile(place(), "allow: [pull]\n");
    expect(await readPolicy(place(), stateDir)).toMatchObject({
      allow: ["pull"],
      path: place(),
      sha256: "d4be1c195da6f0d3e7f232df96fecad596ce7d1f17ac385ed41e417c8fb22349",
      ownPaths: [stateDir, place()],
    });
  });

  test("is protected by its own name and by that of what it leads to", async () => {
    const kept = join(directory, "kept.yaml");
    await writeFile(kept, "{}");
    await symlink(kept, place());
    const { ownPaths } = await readPolicy(place(), stateDir);
    expect(ownPaths).toEqual([stateDir, place(), kept]);
  });

  test("has to be there where the command line names one", async () => {
    await expect(readPolicy(place(), stateDir)).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });

  test("that is not valid ends the start with its name", async () => {
    await writeFile(place(), "alow: [pull]");
    await expect(readPolicy(place(), stateDir)).rejects.toThrow(
      /^The policy file .*policy\.yaml is not valid: alow is not a setting/,
    );
  });

  test.each(["policy.yaml", "deep/down/policy.yaml", "../state/policy.yaml"])(
    "must not lie in the state directory: %s",
    async (name) => {
      await expect(readPolicy(join(stateDir, name), stateDir)).rejects.toThrow(
        /would lie in the agent's state directory .* move it/,
      );
    },
  );

  test("must not lie there by way of a link, either", async () => {
    await symlink(stateDir, join(directory, "link"));
    const path = join(directory, "link", "policy.yaml");
    await expect(readPolicy(path, stateDir)).rejects.toThrow(/would lie in/);
  });

  test("may lie beside it, under a name that begins alike", async () => {
    const path = join(directory, "state-policy.yaml");
    await writeFile(path, "{}");
    expect(await readPolicy(path, stateDir)).toMatchObject({ path });
  });

  test("of an earlier version is not ignored", async () => {
    await writeFile(place(), "{}");
    await writeFile(join(stateDir, "policy.json"), "{}");
    await expect(readPolicy(place(), stateDir)).rejects.toThrow(
      /^There is a policy file .*state\/policy\.json, .* move it to .*policy\.yaml/,
    );
  });
});
