// The agent as an image for `docker load`, written without a Docker Engine: its program, and the few
// libraries of a Debian that it needs. The same inputs give the same bytes.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { pack } from "tar-stream";
import { workplaceIn } from "./workplace.mjs";

const run = promisify(execFile);

const architectures = {
  "linux-x64": {
    name: "amd64",
    libraries: "x86_64-linux-gnu",
    loader: "lib64/ld-linux-x86-64.so.2",
  },
  "linux-arm64": {
    name: "arm64",
    libraries: "aarch64-linux-gnu",
    loader: "lib/ld-linux-aarch64.so.1",
  },
};
const libraries = [
  ...["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2"],
  ...["libnss_dns.so.2", "libnss_files.so.2", "libstdc++.so.6", "libgcc_s.so.1"],
];
const packages = ["libc6", "libgcc-s1", "libstdc++6"];
const suite = "bookworm";

/**
 * A directory with the libraries for a platform: from `cache`, else made there from Debian's packages.
 * @throws {Error} one sentence that says why it cannot be had
 */
export async function baseFor(platform, cache) {
  const directory = join(cache, `base-${suite}-${platform}`);
  if (existsSync(directory)) return directory;
  const unfinished = workplaceIn(cache);
  try {
    await run("mmdebstrap", [
      ...["--variant=extract", `--architectures=${architectures[platform].name}`],
      ...[`--include=${packages.join(",")}`, suite, unfinished],
    ]);
    await rename(unfinished, directory);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    const reason =
      error.code === "ENOENT"
        ? "mmdebstrap is not installed"
        : String(error.stderr).trim().slice(-300);
    throw new Error(
      `The image for ${platform} needs libraries from Debian's packages (${reason}): run this as root on a Debian with mmdebstrap, or name a directory with a Debian of that platform by --base.`,
    );
  }
  return directory;
}

/**
 * The image as a stream of a tar archive.
 * @param {{platform: string, version: string, program: Uint8Array, base: string}} parts `base`: a directory
 *   with a Debian, or some of it
 */
export async function imageArchive({ platform, version, program, base }) {
  const { name, libraries: folder, loader } = architectures[platform];
  const entries = [
    ["etc/passwd", "root:x:0:0:root:/state:/bin/false\n", 0o644],
    ["etc/group", "root:x:0:\n", 0o644],
    ["etc/nsswitch.conf", "hosts: files dns\n", 0o644],
    ["usr/local/bin/bridgeport-agent", program, 0o755],
    [loader, libraryIn(base, folder, loader.split("/").at(-1)), 0o755],
    ...libraries.map((file) => [`lib/${folder}/${file}`, libraryIn(base, folder, file), 0o644]),
    ...packages.flatMap((one) => {
      const notice = join(base, "usr/share/doc", one, "copyright");
      return existsSync(notice)
        ? [[`usr/share/doc/${one}/copyright`, readFileSync(realpathSync(notice)), 0o644]]
        : [];
    }),
  ];
  const layer = await archive([
    ...directoriesOf(entries),
    ...entries,
    ["tmp/", null, 0o1777],
    ["state/", null, 0o700],
  ]);
  const config = JSON.stringify({
    architecture: name,
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: {
      Entrypoint: ["/usr/local/bin/bridgeport-agent", "--state-dir", "/state"],
      Env: ["PATH=/usr/local/bin", "HOME=/state"],
      WorkingDir: "/",
      Labels: {
        "org.opencontainers.image.title": "Bridgeport agent",
        "org.opencontainers.image.version": version,
      },
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "bridgeport" }],
  });
  const layerFile = `${sha256(layer)}/layer.tar`;
  const configFile = `${sha256(config)}.json`;
  const manifest = [
    { Config: configFile, RepoTags: [`bridgeport-agent:${version}`], Layers: [layerFile] },
  ];
  return archive([
    ["manifest.json", JSON.stringify(manifest), 0o644],
    [configFile, config, 0o644],
    [`${sha256(layer)}/`, null, 0o755],
    [layerFile, layer, 0o644],
  ]);
}

function libraryIn(base, folder, file) {
  for (const place of [`usr/lib/${folder}`, `lib/${folder}`, "usr/lib64", "lib64"]) {
    const path = join(base, place, file);
    if (existsSync(path)) return readFileSync(realpathSync(path));
  }
  throw new Error(`There is no ${file} for ${folder} in ${base}: name a Debian of that platform.`);
}

function directoriesOf(entries) {
  const found = new Set();
  for (const [path] of entries) {
    const parts = path.split("/").slice(0, -1);
    for (const at of parts.keys()) found.add(`${parts.slice(0, at + 1).join("/")}/`);
  }
  return [...found].sort().map((path) => [path, null, 0o755]);
}

async function archive(entries) {
  const tar = pack();
  for (const [name, content, mode] of entries) {
    const header = {
      name,
      mode,
      mtime: new Date(0),
      type: content === null ? "directory" : "file",
    };
    tar.entry(header, content === null ? undefined : Buffer.from(content));
  }
  tar.finalize();
  const chunks = [];
  for await (const chunk of tar) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sha256(data) {
  return createHash("sha256").update(data).digest("hex");
}
