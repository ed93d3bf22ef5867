import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { addKey, dropKeys, keyFileIn, keyId, MasterKeyError } from "./master-key.ts";

let directory: string;
const file = () => join(directory, "master.key");
const lines = () => readFileSync(file(), "utf8").split("\n").filter(Boolean);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bridgeport-keys-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("the first start makes a key that only this user reads, and later ones keep it", () => {
  const [key] = keyFileIn(directory).read();
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(keyFileIn(directory).read()).toEqual([key]);
});

test("a new key goes in front of the others", async () => {
  const ring = keyFileIn(directory);
  const [first] = ring.read();
  const second = await addKey(directory);
  expect(ring.read().map(keyId)).toEqual([second, keyId(first ?? "")]);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test("only the keys that are named are dropped, and never the newest", async () => {
  const ring = keyFileIn(directory);
  const first = keyId(ring.read()[0] ?? "");
  const second = await addKey(directory);
  const third = await addKey(directory);
  await dropKeys(directory, [first, third]);
  expect(ring.read().map(keyId)).toEqual([third, second]);
});

test("what a killed process left behind is neither taken nor in the way", async () => {
  keyFileIn(directory);
  const before = lines();
  const left = `${file()}.new`;
  writeFileSync(left, "half a k");
  chmodSync(left, 0o644);
  expect(keyFileIn(directory).read()).toEqual(before);
  await addKey(directory);
  expect(lines().slice(1)).toEqual(before);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test("a link stays one: what it leads to gets the key", async () => {
  const elsewhere = join(directory, "secrets");
  mkdirSync(elsewhere);
  keyFileIn(directory);
  renameSync(file(), join(elsewhere, "keys"));
  symlinkSync(join("secrets", "keys"), file());
  const added = await addKey(directory);
  expect(lstatSync(file()).isSymbolicLink()).toBe(true);
  expect(keyId(lines()[0] ?? "")).toBe(added);
  expect(readdirSync(elsewhere)).toEqual(["keys"]);
});

test("of several that add a key at once, each adds one or is refused, and none is lost", async () => {
  const [first] = keyFileIn(directory).read();
  const added = await Promise.allSettled([1, 2, 3].map(() => addKey(directory)));
  const ids = added.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(ids.length).toBeGreaterThan(0);
  const kept = keyFileIn(directory).read().map(keyId);
  expect(kept.toSorted()).toEqual([...ids, keyId(first ?? "")].toSorted());
});

test.each(["", "not a key\n", `${"ab".repeat(32)}\nxx\n`])(
  "a file with %j is refused with what to do",
  (text) => {
    writeFileSync(file(), text);
    expect(() => keyFileIn(directory)).toThrow(MasterKeyError);
    expect(() => keyFileIn(directory)).toThrow(/Restore it from a backup/);
  },
);

describe("BRIDGEPORT_MASTER_KEY", () => {
  const [one, two] = ["ab".repeat(32), "cd".repeat(32)];
  const read = (text: string) => readConfig({ BRIDGEPORT_MASTER_KEY: text }).masterKey;

  test.each([
    [one, one],
    [Buffer.from(one, "hex").toString("base64"), one],
    [`${one},${two}`, `${one},${two}`],
    [`${one}\n${Buffer.from(two, "hex").toString("base64")} ,`, `${one},${two}`],
  ])("takes %j", (text, keys) => {
    expect(read(text)).toBe(keys);
  });

  test.each(["ab", `${one},ab`, ","])("refuses %j without showing it", (text) => {
    expect(() => read(text)).toThrow(
      /^BRIDGEPORT_MASTER_KEY=\(hidden\) cannot be used: it takes 32/,
    );
  });
});
