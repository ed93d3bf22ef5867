import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTime } from "./processes.ts";
import { ownerRuns } from "./scratch.ts";

const SLOTS = 128;
const directory = join(tmpdir(), "bridgeport-slots");

/** A network bridge of one engine's own, and the addresses for the networks it makes itself. */
export interface Bridge {
  name: string;
  /** Its own address, and the network that it is in. */
  gateway: string;
  subnet: string;
  /** Base of the pool that is cut into /28 networks. */
  pool: string;
  /** Deletes the bridge, and the bridges of the engine's networks that it left behind. */
  remove(): void;
}

/**
 * Takes the first of 128 disjoint address ranges that no living test process holds, and makes a
 * bridge in it. `dir` is the scratch directory whose owner holds the range.
 */
export function createBridge(dir: string): Bridge {
  mkdirSync(directory, { recursive: true });
  for (let slot = 0; slot < SLOTS; slot++) {
    if (!take(slot, dir)) continue;
    const name = `bptest${slot}`;
    removeLinks(slot);
    ip("link", "add", name, "type", "bridge");
    ip("addr", "add", `10.215.${slot}.1/24`, "dev", name);
    ip("link", "set", name, "up");
    return {
      name,
      gateway: `10.215.${slot}.1`,
      subnet: `10.215.${slot}.0/24`,
      pool: `${poolPrefix(slot)}.0/20`,
      remove() {
        removeLinks(slot);
        rmSync(lockOf(slot), { force: true });
      },
    };
  }
  throw new Error(`All ${SLOTS} address ranges for test engines are in use.`);
}

/** Deletes the bridges of test processes that no longer run. */
export function reapBridges(): void {
  if (!existsSync(directory)) return;
  const own = `slot-of-${process.pid}-${startTime(process.pid)}-reaper`;
  for (const entry of readdirSync(directory)) {
    const slot = Number(entry);
    if (!Number.isInteger(slot) || !take(slot, own)) continue;
    removeLinks(slot);
    rmSync(lockOf(slot), { force: true });
  }
}

function take(slot: number, dir: string): boolean {
  const lock = lockOf(slot);
  try {
    writeFileSync(lock, dir, { flag: "wx" });
    return true;
  } catch {
    if (ownerRuns(readOwner(lock))) return false;
  }
  // Only one of several that find a dead owner wins the rename.
  const stale = `${lock}.${process.pid}`;
  try {
    renameSync(lock, stale);
    rmSync(stale);
    writeFileSync(lock, dir, { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}

function readOwner(lock: string): string {
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return "";
  }
}

function removeLinks(slot: number): void {
  const links = JSON.parse(ip("-j", "addr") || "[]") as {
    ifname: string;
    addr_info: { local?: string }[];
  }[];
  const [first, second, third] = poolPrefix(slot).split(".").map(Number);
  for (const { ifname, addr_info } of links) {
    const inPool = addr_info.some(({ local = "" }) => {
      const [a, b, c = 0] = local.split(".").map(Number);
      return a === first && b === second && c >= (third ?? 0) && c < (third ?? 0) + 16;
    });
    if (ifname === `bptest${slot}` || (inPool && /^(br-|podman)/.test(ifname))) {
      ip("link", "del", ifname);
    }
  }
}

// 16 ranges of /20 in each of 10.216 to 10.223.
function poolPrefix(slot: number): string {
  return `10.${216 + Math.floor(slot / 16)}.${(slot % 16) * 16}`;
}

function lockOf(slot: number): string {
  return join(directory, String(slot));
}

function ip(...args: string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
