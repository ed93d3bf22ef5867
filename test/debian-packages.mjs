// What the tests run besides Node: a Docker Engine, a registry, a browser, and their tools.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
const onPath = (name) => () => folders.some((folder) => existsSync(join(folder, name)));
const file = (path) => () => existsSync(path);
const machine = { x64: "x86_64", arm64: "aarch64" }[process.arch];
const library = (path) => file(`/usr/lib/${machine}-linux-gnu/${path}`);
// With AppArmor in the kernel an engine needs its parser to start containers.
const apparmor = () => !existsSync("/sys/kernel/security/apparmor") || onPath("apparmor_parser")();

const packages = {
  "docker.io": onPath("dockerd"),
  "docker-compose": onPath("docker-compose"),
  "docker-registry": onPath("docker-registry"),
  skopeo: onPath("skopeo"),
  "busybox-static": file("/bin/busybox"),
  "apache2-utils": onPath("htpasswd"),
  iproute2: onPath("ip"),
  mmdebstrap: onPath("mmdebstrap"),
  openssl: onPath("openssl"),
  jq: onPath("jq"),
  libfaketime: library("faketime/libfaketimeMT.so.1"),
  prometheus: onPath("prometheus"),
  haproxy: onPath("haproxy"),
  curl: onPath("curl"),
  chromium: onPath("chromium"),
  apparmor,
  "fonts-dejavu-core": file("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
};

// The one makes the file systems of newer engines, which is possible on Debian only; without the other no
// process gets a clock of its own.
const onDebian = ["mmdebstrap", "libfaketime"];
const tests = Object.keys(packages).filter(
  (name) => !onDebian.includes(name) || existsSync("/etc/debian_version"),
);

/**
 * Installs what is missing: as root on Debian by apt-get, else it throws one line that names it.
 * @param {(line: string) => void} say
 * @param {{who?: string, wanted?: string[]}} [options] `who` needs which of the packages; default:
 *   the tests, all that they can use here
 */
export function installDebianPackages(say, { who = "The tests need", wanted = tests } = {}) {
  const missing = wanted.filter((name) => !packages[name]());
  if (missing.length === 0) return;
  const names = missing.join(" ");
  if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
    throw new Error(`${who} these Debian packages; install them and try again: ${names}`);
  }
  say(`Installing Debian packages: ${names} ...`);
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...missing]]) {
    const result = spawnSync("apt-get", args, {
      encoding: "utf8",
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (result.status === 0) continue;
    const said = `${result.stdout ?? ""}${result.stderr ?? result.error}`.trim().split("\n");
    throw new Error(`apt-get ${args[0]} failed (needed: ${names}):\n${said.slice(-10).join("\n")}`);
  }
}

/** The engines that tests start need root: bridges, mounts, namespaces. */
export function requireRoot() {
  if (process.getuid?.() === 0) return;
  throw new Error(
    "These tests start Docker Engines of their own, which needs root: run them as root, " +
      "or run `npm test -- static unit db` for the others.",
  );
}
