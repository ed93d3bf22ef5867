import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
// @ts-expect-error plain JavaScript
import { imageArchive } from "./image.mjs";

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "image-base-"));
  const folder = "usr/lib/x86_64-linux-gnu";
  const names = ["c.so.6", "m.so.6", "dl.so.2", "pthread.so.0", "rt.so.1", "resolv.so.2"];
  for (const name of [...names, "nss_dns.so.2", "nss_files.so.2", "gcc_s.so.1"]) {
    put(`${folder}/lib${name}`, name);
  }
  put(`${folder}/ld-linux-x86-64.so.2`, "loader");
  put(`${folder}/libstdc++.so.6.0.30`, "c++");
  symlinkSync("libstdc++.so.6.0.30", join(base, folder, "libstdc++.so.6"));
  put("usr/share/doc/libc6/copyright", "LGPL");
});
afterAll(() => rmSync(base, { recursive: true }));

function put(path: string, content: string): void {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), content);
}

const parts = () => ({
  platform: "linux-x64",
  version: "1.2.3",
  program: Buffer.from("agent"),
  base,
});

async function files(archive: Buffer): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found.set(entry.header.name, Buffer.concat(chunks));
  }
  return found;
}

test("an image has the program, what it needs, and hashes that are true", async () => {
  const image = await files(await imageArchive(parts()));
  const [{ Config, RepoTags, Layers }] = JSON.parse(String(image.get("manifest.json")));
  expect(RepoTags).toEqual(["bridgeport-agent:1.2.3"]);
  const layer = image.get(Layers[0]) as Buffer;
  const config = JSON.parse(String(image.get(Config)));
  expect(config.rootfs.diff_ids).toEqual([
    `sha256:${createHash("sha256").update(layer).digest("hex")}`,
  ]);
  expect(config).toMatchObject({ architecture: "amd64", os: "linux" });
  const inside = await files(layer);
  expect(String(inside.get("usr/local/bin/bridgeport-agent"))).toBe("agent");
  expect(String(inside.get("lib64/ld-linux-x86-64.so.2"))).toBe("loader");
  expect(String(inside.get("lib/x86_64-linux-gnu/libstdc++.so.6"))).toBe("c++");
  expect(String(inside.get("usr/share/doc/libc6/copyright"))).toBe("LGPL");
});

test("the same inputs give the same bytes", async () => {
  expect((await imageArchive(parts())).equals(await imageArchive(parts()))).toBe(true);
});

test("a base of another platform is refused with what to do", async () => {
  await expect(imageArchive({ ...parts(), platform: "linux-arm64" })).rejects.toThrow(
    "name a Debian of that platform",
  );
});
