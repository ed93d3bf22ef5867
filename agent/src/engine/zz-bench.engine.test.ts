import { it } from "vitest";
import { TestJournal } from "../../test/journal.ts";
import { defaultGate, openTestbed, runCommand } from "../../test/real-engine.ts";
import { awaitHealthy } from "./health.ts";
import { replaceContainer } from "./replace.ts";

it("bench", async () => {
  const bed = await openTestbed();
  const check = "HEALTHCHECK --interval=1s CMD wget -q -O /dev/null http://127.0.0.1:8080/";
  const v1 = await bed.image("one", "ENV VERSION=1", check);
  const v2 = await bed.image("two", "ENV VERSION=2", check);
  const names = Array.from({ length: 8 }, (_, i) => `${bed.prefix}-${i}`);
  const up = async () => {
    for (const n of names)
      await bed.docker("run", "-d", "--name", n, "--restart", "always", v1.tag);
  };
  const down = async () => {
    const all = await bed.names();
    await bed.docker("rm", "-f", "-v", ...all);
  };
  const d = bed.engine.docker;
  for (let round = 0; round < 2; round++) {
    await up();
    const t0 = performance.now();
    for (const n of names) {
      const c = d.getContainer((await bed.inspect(n)).Id);
      await c.rename({ name: `${n}-old` });
      await c.stop();
      const k = await d.createContainer({ name: n, Image: v2.reference } as never);
      await k.start();
      for (;;) {
        const i = await k.inspect();
        if (i.State.Health?.Status === "healthy") break;
        await new Promise((r) => setTimeout(r, 50));
      }
      await c.remove();
    }
    const floor = performance.now() - t0;
    await down();
    await up();
    const t1 = performance.now();
    const parts: string[] = [];
    for (const n of names) {
      const a = performance.now();
      const command = runCommand(n, v2);
      const r = await replaceContainer(
        bed.engine,
        command,
        new TestJournal().begin(command),
        () => false,
      );
      const b = performance.now();
      const p = await awaitHealthy(bed.engine, r.containerId, n, defaultGate, {
        signal: new AbortController().signal,
        deadlineAt: null,
      });
      parts.push(
        `${Math.round(b - a)}+${Math.round(performance.now() - b)}(down ${r.downtimeMs}, ${p.attempts})`,
      );
    }
    const ours = performance.now() - t1;
    await down();
    await up();
    const t2 = performance.now();
    await Promise.all(
      names.map(async (n) => {
        const command = runCommand(n, v2);
        const r = await replaceContainer(
          bed.engine,
          command,
          new TestJournal().begin(command),
          () => false,
        );
        await awaitHealthy(bed.engine, r.containerId, n, defaultGate, {
          signal: new AbortController().signal,
          deadlineAt: null,
        });
      }),
    );
    const par = performance.now() - t2;
    await down();
    console.log(
      `floor ${Math.round(floor)} ours ${Math.round(ours)} ratio ${(ours / floor).toFixed(2)} parallel ${Math.round(par)}; ${parts.join(" ")}`,
    );
  }
  await bed.close();
}, 200000);
