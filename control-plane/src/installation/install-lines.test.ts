import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { installLines, shellWord } from "./install-lines.ts";
import { installScript } from "./install-script.ts";
import { readRange } from "./range.ts";

const installing = {
  publicUrl: "https://cp.example",
  token: "bp1.a.b",
  version: "1.2.3",
  checksums: "ab",
};

test("the line for a shell has the control plane, the token and what it pins", () => {
  expect(installLines(installing).command).toBe(
    "curl -fsSL https://cp.example/api/agent/install.sh | sh -s -- --url https://cp.example --token bp1.a.b --sha256 ab",
  );
  expect(installLines({ ...installing, checksums: null }).command).not.toContain("--sha256");
});

test("a shell takes every line literally", () => {
  const lines = installLines({ ...installing, publicUrl: "http://h/$(x)'&", token: "t;u" });
  for (const line of [lines.command, lines.docker]) {
    execFileSync("sh", ["-n", "-c", line]);
    expect(line).toContain("--url 'http://h/$(x)'\\''&'");
  }
});

test("a container gets its token by standard input only", () => {
  const { docker, compose } = installLines(installing);
  for (const text of [docker, compose]) expect(text).toContain("printf %s bp1.a.b |");
  expect(docker).not.toContain("--token bp1");
  expect(parse(compose)).toMatchObject({
    services: { agent: { image: "bridgeport-agent:1.2.3", restart: "unless-stopped" } },
  });
});

test("a new machine runs the same line", () => {
  const { cloudInit, command } = installLines(installing);
  expect(cloudInit).toMatch(/^#cloud-config\n/);
  expect(parse(cloudInit)).toEqual({ runcmd: [command] });
});

test("the script gets its two lines, quoted", () => {
  const template = "#!/bin/sh\ndefault_url=\nversion=\nmain\n";
  expect(installScript(template, { publicUrl: "http://$&", version: "1" })).toBe(
    "#!/bin/sh\ndefault_url='http://$&'\nversion=1\nmain\n",
  );
});

test.each([
  ["plain-1.2", "plain-1.2"],
  ["", "''"],
  ["a b", "'a b'"],
  ["it's", "'it'\\''s'"],
  ["$HOME", "'$HOME'"],
])("shell word of %s", (text, word) => {
  expect(shellWord(text)).toBe(word);
});

test.each([
  [undefined, null],
  ["bytes=0-9", { from: 0, to: 9 }],
  ["bytes=90-200", { from: 90, to: 99 }],
  ["bytes=-10", { from: 90, to: 99 }],
  ["bytes=-200", { from: 0, to: 99 }],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=9-1", null],
  ["bytes=0-1,4-5", null],
  ["bytes=-", null],
  ["lines=1-2", null],
])("the range %s of 100 bytes", (header, range) => {
  expect(readRange(header, 100)).toEqual(range);
});
