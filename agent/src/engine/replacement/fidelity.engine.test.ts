import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { comparable, expectedAfter, type ImagePair, imagePair } from "../../../test/fidelity.ts";
import {
  macs,
  newerNetworkRows,
  newerRows,
  twoNetworks,
} from "../../../test/fidelity-newer-rows.ts";
import { hostRows, networkRows, processRows, type Row } from "../../../test/fidelity-rows.ts";
import { TestJournal } from "../../../test/journal.ts";
import { openTestbed, runCommand, type Testbed } from "../../../test/real-engine.ts";
import { atLeast } from "../container/networks.ts";
import { engineVersion } from "../host.ts";
import { replaceContainer } from "./replace.ts";

let bed: Testbed;
let pair: ImagePair;
let apiVersion: string;
let directory: string;
let profile: string;

beforeAll(async () => {
  bed = await openTestbed();
  pair = await imagePair(bed);
  apiVersion = (await engineVersion(bed.engine)).ApiVersion;
  directory = await mkdtemp(join(tmpdir(), "bridgeport-fidelity-"));
  profile = join(directory, "seccomp.json");
  await writeFile(profile, '{"defaultAction": "SCMP_ACT_ALLOW"}');
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await bed.close();
});

let count = 0;

/** What the command line printed as an error, in one line. */
function wordsOf(error: unknown): string {
  const { stderr = "" } = error as { stderr?: string };
  return stderr.trim().split("\n").at(0) || String(error);
}

async function replaceRow(row: Row, { skip }: TestContext) {
  const { options, command, own, before, after, allowAutoRemove, created: onlyCreated } = row;
  if (row.since !== undefined && !atLeast(apiVersion, row.since)) {
    skip(`needs API ${row.since}, and this engine has ${apiVersion}`);
  }
  count += 1;
  const name = `${bed.prefix}-${count}`;
  const filled = (args: string[]): string[] =>
    args.map((arg) =>
      arg.replace("IMAGE", pair.one.tag).replace("PROFILE", profile).replace(/@/g, name),
    );
  const make = [onlyCreated ? ["create"] : ["run", "-d"], "--name", name].flat();
  try {
    for (const args of before ?? []) await bed.docker(...filled(args));
    await bed.docker(...make, ...filled(options), pair.one.tag, ...(command ?? []));
  } catch (error) {
    if (row.mayBeRefused) skip(`refused by this engine: ${wordsOf(error)}`);
    throw error;
  }
  for (const args of after ?? []) await bed.docker(...filled(args));
  const old = await bed.inspect(name);
  const run = runCommand(name, pair.two, { allowAutoRemove: allowAutoRemove ?? false });
  const context = new TestJournal().begin(run);
  const result = await replaceContainer(bed.engine, run, context, () => false);
  const current = await bed.inspect(name);
  expect(current.Id).toBe(result.containerId);
  expect(current.Image).toBe(pair.two.id);
  const more = Object.keys(pair.twoConfig.Volumes ?? {}).filter(
    (path) => !old.Mounts?.some(({ Destination: mounted }) => mounted === path),
  );
  const expected = expectedAfter(old, pair, own ?? []) as { Mounts: unknown[] };
  for (const path of more) {
    expected.Mounts.push({ Type: "volume", Name: "new", Destination: path, RW: true, Mode: "" });
  }
  const sorted = (mounts: unknown[]): unknown[] =>
    [...mounts].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const found = comparable(current, current.Id, more) as { Mounts: unknown[] };
  expect({ ...found, Mounts: sorted(found.Mounts) }).toEqual({
    ...expected,
    Mounts: sorted(expected.Mounts),
  });
  const containers = (await bed.names()).filter(
    (one) => one === name || one.startsWith(`${name}-`),
  );
  await bed.docker("rm", "-f", "-v", ...containers);
}

// Several at a time: most of a row is waiting for the engine.
describe("settings of the process survive a new image", () => {
  it.concurrent.for(processRows)("$title", replaceRow);
});

describe("settings of the host survive a new image", () => {
  it.concurrent.for(hostRows)("$title", replaceRow);
});

describe("settings of the network survive a new image", () => {
  it.concurrent.for(networkRows)("$title", replaceRow);
});

describe("settings that not every engine and machine knows survive a new image", () => {
  it.concurrent.for(newerRows)("$title", replaceRow);
  it.concurrent.for(newerNetworkRows)("$title", replaceRow);
});

it("a stopped container keeps the MAC address of each network", async ({ skip }) => {
  if (!atLeast(apiVersion, "1.44")) skip(`needs API 1.44, and this engine has ${apiVersion}`);
  const name = `${bed.prefix}-stopped`;
  const filled = (args: string[]): string[] => args.map((arg) => arg.replace(/@/g, name));
  for (const args of twoNetworks) await bed.docker(...filled(args));
  await bed.docker("run", "-d", "--name", name, ...filled(macs.split(" ")), pair.one.tag);
  // It shows none of its addresses then.
  await bed.docker("stop", "-t", "0", name);
  const run = runCommand(name, pair.two);
  await replaceContainer(bed.engine, run, new TestJournal().begin(run), () => false);
  const networks = (await bed.inspect(name)).NetworkSettings.Networks ?? {};
  const found = Object.values(networks).map(({ MacAddress: mac }) => mac);
  expect(found.sort()).toEqual(["02:11:22:33:44:01", "02:11:22:33:44:02"]);
});
