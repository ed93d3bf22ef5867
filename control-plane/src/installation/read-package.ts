import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** One platform's program, as it was packaged. */
const packagedSchema = z.object({
  file: z.string().regex(/^[\w.-]+$/),
  fileSha256: z.string().regex(/^[0-9a-f]{64}$/),
  fileSize: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.number().int().positive(),
});

const manifestSchema = z.object({
  version: z.string(),
  platforms: z.record(z.string().regex(/^linux-(x64|arm64)$/), packagedSchema),
  images: z.record(z.string().regex(/^linux-(x64|arm64)$/), packagedSchema).optional(),
});

/** A file that is handed out, compressed by gzip; hashes are SHA-256 in hexadecimal, sizes bytes. */
export interface Packaged {
  /** absolute */
  path: string;
  fileSha256: string;
  fileSize: number;
  /** of what is in it */
  sha256: string;
  size: number;
}

/** The agent, or the command line, of one version, by platforms such as `linux-x64`. */
export interface PackagedProgram {
  version: string;
  platforms: Record<string, Packaged>;
  /** as images for `docker load`; of no platform where there was nothing to make them from */
  images: Record<string, Packaged>;
}

export type PackageState =
  | { state: "ready"; program: PackagedProgram }
  /** the message says what is happening and what to do */
  | { state: "preparing" | "unavailable"; message: string };

/**
 * Looks for the packages of this version in `folder`, the `dist/agent` or `dist/cli` of `npm run package`.
 * @param what the program, in messages
 * @param notes where `npm run package` says how far it is
 */
export function readPackage(
  folder: string,
  version: string,
  what = "agent",
  notes = folder,
): PackageState {
  const directory = join(folder, version);
  const manifest = manifestSchema.safeParse(readJson(join(directory, "manifest.json"))).data;
  if (manifest?.version !== version) return readProgress(notes, version, what);
  const placed = (files: Record<string, z.infer<typeof packagedSchema>>) =>
    Object.fromEntries(
      Object.entries(files).map(([platform, { file, ...about }]) => [
        platform,
        { ...about, path: join(directory, file) },
      ]),
    );
  const { platforms, images = {} } = manifest;
  return {
    state: "ready",
    program: { version, platforms: placed(platforms), images: placed(images) },
  };
}

const progressSchema = z.object({ pid: z.number().nullable(), error: z.string().nullable() });

function readProgress(folder: string, version: string, what: string): PackageState {
  const progress = progressSchema.safeParse(readJson(join(folder, "packaging.json"))).data;
  if (progress?.error) {
    return {
      state: "unavailable",
      message: `The ${what} could not be packaged: ${progress.error} Then run npm run package in the control plane's checkout, or start the control plane again.`,
    };
  }
  if (progress?.pid && runs(progress.pid)) {
    return {
      state: "preparing",
      message: `The ${what} is being packaged, which takes a minute or two the first time: try again then.`,
    };
  }
  return {
    state: "unavailable",
    message: `The ${what} ${version} is not packaged: run npm run package in the control plane's checkout.`,
  };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
