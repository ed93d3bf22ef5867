import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { grownHeap } from "../bench/leaks/heap-snapshot.ts";
import { type Inspected, inspect, inspectable } from "../bench/leaks/inspected.ts";

test("the comparison sees what a process goes on holding, and not what it lets go of", async () => {
  // Asked for as many, it keeps one of the kind and drops one of the other for each.
  const program = `
    const kept = [];
    class Kept {}
    class Dropped {}
    process.on("message", (many) => {
      for (let at = 0; at < many; at += 1) {
        kept.push(new Kept(), setInterval(function kept() {}, 1e6).unref());
        void new Dropped();
      }
      process.send(kept.length);
    });`;
  const child: ChildProcess = spawn(process.execPath, ["-e", program], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
    env: { ...process.env, ...inspectable },
  });
  let inspected: Inspected | undefined;
  try {
    let output = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const keep = async (many: number) => {
      child.send(many);
      await once(child, "message");
    };
    await keep(1);
    inspected = await inspect(child.pid ?? 0, () => output);
    const [before, kept] = [await inspected.heap(), await inspected.collect()];
    await keep(500);
    const grown = grownHeap(before, await inspected.heap(), 400);
    const counts = new Map(grown.map(({ name, before, now }) => [name, now - before]));
    expect(counts.get("Kept")).toBe(500);
    expect(counts.get("Timeout")).toBe(500);
    expect(counts.get("kept()")).toBe(500);
    expect(counts.has("Dropped")).toBe(false);
    expect((await inspected.collect()).listeners).toBe(kept.listeners);
  } finally {
    inspected?.close();
    child.kill("SIGKILL");
  }
});
