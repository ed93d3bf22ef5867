import { readFileSync, writeFileSync } from "node:fs";
import { createScratch } from "../harness/scratch.ts";
import type { Belongings } from "./belongings.ts";
import type { Ground } from "./ground.ts";

/**
 * A static busybox, which the demo's apps are made of: this machine's, or that of the official
 * image, which the engine then pulls.
 * @returns its path
 */
export async function findBusybox(ground: Ground, belongings: Belongings): Promise<string> {
  const own = ["/bin/busybox", "/usr/bin/busybox"].find(isStatic);
  if (own) return own;
  const scratch = await belongings.keep("ground", async () => createScratch("demo"));
  const path = scratch.path("busybox");
  writeFileSync(path, await busyboxOf(ground, "docker.io/library/busybox:musl"));
  return path;
}

/** The program of an image that the engine can pull. Throws a sentence that says what to do. */
export async function busyboxOf({ api }: Ground, image: string): Promise<Buffer> {
  const pulled = await api.request<string>(
    "POST",
    `/images/create?fromImage=${encodeURIComponent(image)}`,
  );
  const created = await api.request<{ Id: string }>("POST", "/containers/create", { Image: image });
  if (created.status !== 201) {
    throw new Error(
      `The demo's apps are made of busybox. Install the package busybox-static, or let the Docker ` +
        `Engine pull ${image}. It said: ${JSON.stringify(pulled.body).slice(0, 300)}`,
    );
  }
  const tar = await api.bytes(`/containers/${created.body.Id}/archive?path=/bin/busybox`);
  await api.request("DELETE", `/containers/${created.body.Id}?force=1&v=1`);
  return fileIn(tar);
}

// A program that is not static names its loader right behind the headers.
function isStatic(path: string): boolean {
  try {
    return !readFileSync(path).subarray(0, 4096).includes("/ld-");
  } catch {
    return false;
  }
}

// An archive of one file: a header of 512 bytes, whose size is octal at 124, and the content.
function fileIn(tar: Buffer): Buffer {
  const size = Number.parseInt(tar.subarray(124, 136).toString(), 8);
  return tar.subarray(512, 512 + size);
}
