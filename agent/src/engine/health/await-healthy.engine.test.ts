import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { HealthGate } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  defaultGate,
  openTestbed,
  type Testbed,
  type TestImage,
} from "../../../test/real-engine.ts";
import { CommandAborted } from "../../command.ts";
import { awaitHealthy, HealthAhead, lookAtHealth } from "./await-healthy.ts";

let bed: Testbed;
let image: TestImage;
let count = 0;
const endless = { signal: new AbortController().signal, deadlineAt: null };

beforeAll(async () => {
  bed = await openTestbed();
  image = await bed.image("plain", "ENV VERSION=1");
});
afterAll(async () => await bed.close());

async function start(...args: string[]): Promise<{ name: string; id: string }> {
  count += 1;
  const name = `${bed.prefix}-${count}`;
  const at = args.indexOf("--");
  const [options, command] = at < 0 ? [args, []] : [args.slice(0, at), args.slice(at + 1)];
  const id = await bed.docker("run", "-d", "--name", name, ...options, image.tag, ...command);
  return { name, id };
}

function wait({ name, id }: { name: string; id: string }, gate: Partial<HealthGate> = {}) {
  return awaitHealthy(bed.engine, id, name, { ...defaultGate, ...gate }, endless);
}

describe("a container that is waited for from before its start", () => {
  /** Creates it, begins to wait, starts it, and asks for its health. */
  async function ahead(gate: Partial<HealthGate>, ...args: string[]) {
    count += 1;
    const name = `${bed.prefix}-${count}`;
    const [options = [], command = []] = [
      args.slice(0, args.indexOf("--")),
      args.slice(args.indexOf("--") + 1),
    ];
    const id = await bed.docker("create", "--name", name, ...options, image.tag, ...command);
    const whole = { ...defaultGate, ...gate };
    const waiting = new HealthAhead(bed.engine, name, whole);
    waiting.created(id);
    await bed.docker("start", name);
    waiting.started(id);
    waiting.end();
    return awaitHealthy(bed.engine, id, name, whole, endless);
  }
  const check = ["--health-cmd", "test -f /ready", "--health-interval", "300s"];

  it("is healthy when its check passes", async () => {
    const result = await ahead({}, ...check, "--", "sh", "-c", "sleep 1; touch /ready; exec serve");
    expect(result).toMatchObject({ method: "exec", health: "starting", state: "running" });
    expect(result.attempts).toBeGreaterThan(1);
  });

  it("fails with what it ended with, also if it ended at once", async () => {
    const script = "echo oh no; exit 7";
    await expect(ahead({}, ...check, "--", "sh", "-c", script)).rejects.toMatchObject({
      code: "exited",
      exitCode: 7,
      logLines: ["oh no"],
    });
  });

  it("has to run undisturbed without a check", async () => {
    const result = await ahead({ waitMs: 500 }, "--", "serve");
    expect(result).toMatchObject({ method: "stable", state: "running" });
  });
});

describe("a container with a health check of its own", () => {
  it("is healthy as soon as its check passes, however long the interval", async () => {
    const container = await start("--health-cmd", "wget -q -O /dev/null http://127.0.0.1:8080/");
    const result = await wait(container);
    expect(result).toMatchObject({ method: "exec", health: "starting", state: "running" });
  });

  it("is asked again until it is ready", async () => {
    const container = await start(
      ...["--health-cmd", "test -f /ready", "--health-interval", "300s", "--", "sh", "-c"],
      "sleep 1; touch /ready; exec serve",
    );
    const result = await wait(container);
    expect(result.method).toBe("exec");
    expect(result.attempts).toBeGreaterThan(1);
  });

  it("may wait for the engine's verdict instead", async () => {
    const container = await start("--health-cmd", "true", "--health-interval", "1s");
    const result = await wait(container, { probe: "engine" });
    expect(result).toMatchObject({ method: "engine", health: "healthy", attempts: 0 });
  });

  it("fails when the engine finds it unhealthy, with what the check said", async () => {
    const container = await start(
      ...[
        "--health-cmd",
        "echo no good; exit 3",
        "--health-interval",
        "1s",
        "--health-retries",
        "1",
      ],
    );
    await expect(wait(container)).rejects.toMatchObject({
      code: "unhealthy",
      message: expect.stringContaining("no good"),
      logLines: ["serving 1"],
    });
  });

  it("fails when its time is over, with what the check said last", async () => {
    const container = await start(
      ...["--health-cmd", "echo still starting; exit 1", "--health-interval", "100ms"],
      ...["--health-retries", "1", "--health-start-period", "60s"],
    );
    const { name, id } = container;
    // The container's own start period counts, so the gate's times alone do not end it.
    const gate = { ...defaultGate, waitMs: 100, retries: 0 };
    const deadline = new AbortController();
    const waiting = awaitHealthy(bed.engine, id, name, gate, {
      signal: deadline.signal,
      deadlineAt: null,
    });
    deadline.abort(new CommandAborted("deadline"));
    await expect(waiting).rejects.toMatchObject({ code: "timeout" });

    const short = await start(
      ...["--health-cmd", "echo still starting; exit 1", "--health-interval", "4s"],
      ...["--health-retries", "2", "--health-start-period", "1ms", "--health-timeout", "3s"],
    );
    await expect(wait(short, { waitMs: 100, retries: 0 })).rejects.toMatchObject({
      code: "unhealthy",
      message: expect.stringContaining("still starting"),
    });
  });

  it("is not asked twice at once by a check that hangs", async () => {
    const container = await start(
      ...["--health-cmd", "echo x >> /asked; sleep 600", "--health-interval", "300s"],
      ...["--health-timeout", "1s"],
    );
    const { name, id } = container;
    const stop = new AbortController();
    const waiting = awaitHealthy(bed.engine, id, name, defaultGate, {
      signal: stop.signal,
      deadlineAt: null,
    });
    const settled = waiting.catch((error: unknown) => error);
    await expect.poll(async () => await bed.docker("exec", name, "cat", "/asked")).toBe("x");
    await expect.poll(async () => (await bed.inspect(id)).State.Running).toBe(true);
    stop.abort(new CommandAborted("cancelled"));
    expect(await settled).toMatchObject({ code: "cancelled" });
    expect(await bed.docker("exec", name, "cat", "/asked")).toBe("x");
  });

  it("is not held up by a check that writes much", async () => {
    const talk = "busybox seq 1 100000; echo end";
    const result = await wait(await start("--health-cmd", talk, "--health-interval", "300s"));
    expect(result).toMatchObject({ method: "exec", attempts: 1 });
  });

  it("runs its check as CMD, too, and with the container's environment", async () => {
    const checked = await bed.image("cmd", 'HEALTHCHECK CMD ["test", "-f", "/tmp/www/index.html"]');
    count += 1;
    const name = `${bed.prefix}-${count}`;
    const id = await bed.docker("run", "-d", "--name", name, checked.tag);
    expect((await wait({ name, id })).method).toBe("exec");
  });
});

describe("a container without a health check", () => {
  it("is healthy when it has run undisturbed", async () => {
    const container = await start("--no-healthcheck");
    const result = await wait(container, { waitMs: 1_000 });
    expect(result).toMatchObject({ method: "stable", health: "none" });
  });

  it("fails at once when it ends, with exit code and last lines", async () => {
    const script = "echo 2026-01-01T00:00:00Z one; echo two >&2; sleep 1; exit 7";
    const container = await start("--", "sh", "-c", script);
    await expect(wait(container, { waitMs: 60_000 })).rejects.toMatchObject({
      code: "exited",
      exitCode: 7,
      logLines: expect.arrayContaining(["2026-01-01T00:00:00Z one", "two"]),
    });
    await expect(wait(container)).rejects.toMatchObject({ code: "exited", exitCode: 7 });
  });

  it("fails when it restarts, although it runs whenever one looks", async () => {
    const script = "echo bye; sleep 1; exit 4";
    const container = await start("--restart", "always", "--", "sh", "-c", script);
    await expect(wait(container, { waitMs: 30_000 })).rejects.toMatchObject({
      code: "exited",
      exitCode: 4,
    });
    await expect
      .poll(async () => (await bed.inspect(container.id)).RestartCount)
      .toBeGreaterThan(0);
    await expect.poll(async () => (await bed.inspect(container.id)).State.Restarting).toBe(false);
    await expect(wait(container, { waitMs: 10 })).rejects.toMatchObject({
      code: "exited",
      message: expect.stringContaining("keeps ending"),
      exitCode: 4,
      logLines: expect.arrayContaining(["bye"]),
    });
  });

  it("is let be when it is stopped", async () => {
    count += 1;
    const name = `${bed.prefix}-${count}`;
    const id = await bed.docker("create", "--name", name, image.tag);
    expect(await wait({ name, id })).toMatchObject({ method: "stopped", state: "created" });
  });
});

describe("a health check by URL", () => {
  let server: Server;
  let answers: number[];
  let asked = 0;
  let url: string;

  beforeAll(async () => {
    server = createServer((_, response) => {
      asked += 1;
      response.writeHead(answers.shift() ?? 500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  it("is repeated until it is good", async () => {
    answers = [500, 404, 302];
    const gate = { url, retries: 5, intervalMs: 10, waitMs: 1 };
    const result = await wait(await start(), gate);
    expect(result).toMatchObject({ method: "url", detail: expect.stringContaining("302") });
  });

  it("fails after so many attempts", async () => {
    answers = [];
    asked = 0;
    const gate = { url, retries: 3, intervalMs: 10, waitMs: 1 };
    await expect(wait(await start(), gate)).rejects.toMatchObject({
      code: "unhealthy",
      message: expect.stringContaining("3 attempts: it answered 500"),
      logLines: ["serving 1"],
    });
    expect(asked).toBe(3);
  });

  it("fails at once when the container ends meanwhile", async () => {
    answers = [];
    const gate = { url, retries: 1000, intervalMs: 20, waitMs: 1 };
    const container = await start("--", "sh", "-c", "sleep 2; exit 9");
    await expect(wait(container, gate)).rejects.toMatchObject({ code: "exited", exitCode: 9 });
  });
});

describe("one look", () => {
  it("tells what there is and waits for nothing", async () => {
    const { name } = await start("--health-cmd", "true", "--health-interval", "300s");
    const look = await lookAtHealth(bed.engine, name, defaultGate, endless.signal);
    expect(look).toMatchObject({ method: "look", health: "starting", state: "running" });
    await expect(
      lookAtHealth(bed.engine, `${name}-none`, defaultGate, endless.signal),
    ).rejects.toMatchObject({ code: "not_found" });
  });
});
