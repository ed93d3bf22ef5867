import { createHash } from "node:crypto";

/** One entry of an archive: a file with content, a link, or (with neither) a directory. */
export interface TarEntry {
  /** Without a leading slash. */
  path: string;
  content?: Buffer | string;
  linkTo?: string;
  /** Default 0o755. */
  mode?: number;
}

/** A ustar archive, byte for byte the same for the same entries: all times are 0, all owners root. */
export function tar(entries: TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, content, linkTo, mode = 0o755 } of entries) {
    const data = content === undefined ? Buffer.alloc(0) : Buffer.from(content);
    const type = linkTo !== undefined ? "2" : content !== undefined ? "0" : "5";
    blocks.push(header(path, mode, data.length, type, linkTo ?? ""), data);
    blocks.push(Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** `sha256:<hex>` of some bytes. */
export function digestOf(data: Buffer | string): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

function header(path: string, mode: number, size: number, type: string, linkTo: string): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number): string => value.toString(8).padStart(length, "0");
  block.write(path, 0, 100);
  block.write(`${octal(mode, 7)}\0`, 100);
  block.write(`${octal(0, 7)}\0${octal(0, 7)}\0`, 108);
  block.write(`${octal(size, 11)}\0${octal(0, 11)}\0`, 124);
  block.write(`        ${type}`, 148);
  block.write(linkTo, 157, 100);
  block.write("ustar\x0000", 257);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
