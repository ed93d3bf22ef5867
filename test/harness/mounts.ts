import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Unmounts everything mounted below a directory, the deepest first. */
export function unmountBelow(dir: string): void {
  for (const point of mountsBelow(dir)) {
    execFileSync("umount", ["--lazy", point], { stdio: "ignore" });
  }
}

/** The mount points below a directory, the latest first. */
export function mountsBelow(dir: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => (line.split(" ")[4] ?? "").replaceAll("\\040", " "))
    .filter((point) => point === dir || point.startsWith(`${dir}/`))
    .reverse();
}
