import type { HealthGate, ProbeResult } from "@bridgeport/proto";
import { CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { runningForMs } from "../container/runs.ts";
import { type ContainerWatch, lastExitCode, type Verdict } from "../container/watch.ts";
import { endOf, existingContainer, times } from "../failure.ts";
import { engineTime } from "../host.ts";
import { type ContainerInspection, healthOf, inspectContainer, stateOf } from "../inspection.ts";
import { exitFailure, lastLogLines } from "../logs/exit-failure.ts";
import { isPodmans } from "../podman.ts";
import { type ExecProbe, probeByExec } from "./exec-probe.ts";
import {
  checkCommand,
  eagerDelayMs,
  type GateTimes,
  gateTimes,
  urlAttempts,
  urlTimeoutMs,
} from "./gate.ts";
import { probeUrl } from "./url-probe.ts";

/** A container that restarts this soon after its creation does so because of what was deployed. */
const youngMs = 60_000;

/** One wait for one container. */
export class HealthWait {
  readonly #engine: Engine;
  readonly #name: string;
  readonly #gate: HealthGate;
  readonly #watch: ContainerWatch;
  readonly #done: AbortSignal;
  readonly #startedAt = performance.now();
  #attempts = 0;

  constructor(
    engine: Engine,
    name: string,
    gate: HealthGate,
    watch: ContainerWatch,
    done: AbortSignal,
  ) {
    this.#engine = engine;
    this.#name = name;
    this.#gate = gate;
    this.#watch = watch;
    this.#done = done;
  }

  /** @param created how it was before it was started, where its events are open since then */
  async run(containerId: string, created: ContainerInspection | null = null): Promise<ProbeResult> {
    if (created !== null && created.State.Status === "created") {
      this.#watch.saw(created);
      const check = gateTimes(this.#gate, created.Config);
      // It has just been started, and its own check says all that a look could.
      if (check.hasCheck && this.#probesItself(created) && this.#gate.url === null) {
        return await this.#byCheck(asStarted(created), check);
      }
    }
    // The events are open already: nothing can happen between this look and them.
    const container = await existingContainer(this.#engine, this.#name, containerId);
    this.#watch.saw(container);
    const state = stateOf(container);
    if (state === "created" || state === "paused") {
      const detail = state === "created" ? "It has not been started." : "It is paused.";
      return this.#result(container, "stopped", detail);
    }
    if (!container.State.Running || container.State.Restarting) throw await this.#ended(container);
    await this.#refuseRestarted(container);
    const times = gateTimes(this.#gate, container.Config);
    const result = times.hasCheck
      ? await this.#byCheck(container, times)
      : await this.#byStability(container, times);
    return this.#gate.url === null ? result : await this.#byUrl(container, this.#gate.url);
  }

  async #byCheck(container: ContainerInspection, times: GateTimes): Promise<ProbeResult> {
    const health = healthOf(container);
    if (health === "unhealthy") throw await this.#unhealthy(container);
    if (health === "healthy") return this.#engineResult(container);
    const command = this.#probesItself(container) ? checkCommand(container.Config) : null;
    const verdict = this.#watch.verdict;
    const last: { probe: ExecProbe | null } = { probe: null };
    const limit = this.#delay(times.limitMs);
    const outcome = await Promise.race([
      verdict,
      limit.then(() => "late" as const),
      ...(command === null ? [] : [this.#probeEagerly(container, command, times, last)]),
    ]);
    if (outcome === "passed") return this.#result(container, "exec", "Its own check passes.");
    if (outcome === "late") throw await this.#late(container, times, last.probe);
    if (outcome.kind === "healthy") return this.#engineResult(container);
    throw await this.#failureOf(container, outcome);
  }

  /** The check is run here, too. Without systemd Podman never runs one, so there it always is. */
  #probesItself(container: ContainerInspection): boolean {
    return this.#gate.probe === "eager" || isPodmans(container);
  }

  /** Resolves when the container's own check passes once; goes on until then, or until the wait is over. */
  async #probeEagerly(
    container: ContainerInspection,
    command: string[],
    times: GateTimes,
    last: { probe: ExecProbe | null },
  ): Promise<"passed"> {
    while (!this.#done.aborted) {
      this.#attempts += 1;
      const probe = await probeByExec(
        this.#engine,
        container.Id,
        command,
        times.timeoutMs,
        this.#watch,
      );
      last.probe = probe;
      if (probe.exitCode === 0) return "passed";
      // A check that hangs is not run a second time beside itself.
      await Promise.race([probe.over, this.#watch.verdict]);
      await this.#delay(eagerDelayMs(this.#attempts, times.intervalMs));
    }
    return await new Promise<never>(() => undefined);
  }

  /** Without a check: it runs, undisturbed, for the time that it must. */
  async #byStability(container: ContainerInspection, times: GateTimes): Promise<ProbeResult> {
    const left = Math.max(times.waitMs - runningForMs(this.#engine, container), 0);
    const outcome = await Promise.race([this.#watch.verdict, this.#delay(left)]);
    if (outcome !== undefined && outcome.kind !== "healthy") {
      throw await this.#failureOf(container, outcome);
    }
    const now = await existingContainer(this.#engine, this.#name, container.Id);
    const undisturbed =
      now.State.Running &&
      now.RestartCount === container.RestartCount &&
      now.State.StartedAt === container.State.StartedAt;
    if (!undisturbed) throw await this.#ended(now);
    this.#attempts = 1;
    return this.#result(now, "stable", `It has run without a restart for ${times.waitMs} ms.`);
  }

  async #byUrl(container: ContainerInspection, url: string): Promise<ProbeResult> {
    const attempts = urlAttempts(this.#gate);
    const watched = this.#watch.verdict.then((verdict) => ({ verdict }));
    let detail = "";
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      this.#attempts += 1;
      const outcome = await Promise.race([
        this.#untilDead(watched),
        probeUrl(url, urlTimeoutMs(this.#gate), this.#done),
      ]);
      if ("verdict" in outcome) throw await this.#failureOf(container, outcome.verdict);
      detail = outcome.detail;
      if (outcome.ok) return this.#result(container, "url", `${url}: ${detail}.`);
      if (attempt === attempts) break;
      const pause = await Promise.race([
        this.#untilDead(watched),
        this.#delay(this.#gate.intervalMs),
      ]);
      if (pause !== undefined) throw await this.#failureOf(container, pause.verdict);
    }
    throw new CommandFailure(
      "unhealthy",
      `${this.#name} runs, but ${url} was not good in ${attempts} ${attempts === 1 ? "attempt" : "attempts"}: ${detail}.`,
      { logLines: await lastLogLines(this.#engine, container) },
    );
  }

  /** The engine's own "healthy" may come while the URL is checked, and is no reason to stop. */
  async #untilDead(watched: Promise<{ verdict: Verdict }>): Promise<{ verdict: Verdict }> {
    const outcome = await watched;
    return outcome.verdict.kind === "healthy" ? await new Promise(() => undefined) : outcome;
  }

  /** A container that restarts right after it was created is crashing, even if it runs at this moment. */
  async #refuseRestarted(container: ContainerInspection): Promise<void> {
    if (container.RestartCount === 0) return;
    // Its age by the engine's own clock, which may differ from the agent's.
    const age = (await engineTime(this.#engine)) - Date.parse(container.Created);
    if (age > youngMs) return;
    throw new CommandFailure(
      "exited",
      `${this.#name} keeps ending: it has been restarted ${times(container.RestartCount)} since it was created ${Math.round(age / 1000)} s ago.`,
      {
        exitCode: await lastExitCode(this.#engine, container),
        logLines: await lastLogLines(this.#engine, container),
      },
    );
  }

  async #failureOf(container: ContainerInspection, verdict: Verdict): Promise<CommandFailure> {
    switch (verdict.kind) {
      case "died": {
        const now = (await inspectContainer(this.#engine, container.Id)) ?? container;
        const failure = await this.#ended(now);
        const { exitCode } = verdict;
        if (exitCode === null) return failure;
        return new CommandFailure(
          "exited",
          `${this.#name} exited with code ${exitCode} before it was found healthy.`,
          { exitCode, logLines: failure.logLines },
        );
      }
      case "removed":
        return new CommandFailure("not_found", `${this.#name} was removed while it was watched.`);
      case "lost":
        return new CommandFailure(
          "engine_unavailable",
          `The Docker Engine stopped answering while ${this.#name} was watched.`,
        );
      default:
        return await this.#unhealthy(
          (await inspectContainer(this.#engine, container.Id)) ?? container,
        );
    }
  }

  async #ended(container: ContainerInspection): Promise<CommandFailure> {
    const sentence = container.State.Restarting
      ? `${this.#name} keeps ending: it ${endOf(container)}.`
      : `${this.#name} does not run: it ${endOf(container)}.`;
    return await exitFailure(this.#engine, container, "exited", sentence);
  }

  async #unhealthy(container: ContainerInspection): Promise<CommandFailure> {
    const output = container.State.Health?.Log?.at(-1)?.Output?.trim() ?? "";
    return new CommandFailure(
      "unhealthy",
      `The engine found ${this.#name} unhealthy${output === "" ? "" : `; its check said: ${output.slice(-500)}`}.`,
      { logLines: await lastLogLines(this.#engine, container) },
    );
  }

  async #late(
    container: ContainerInspection,
    times: GateTimes,
    probe: ExecProbe | null,
  ): Promise<CommandFailure> {
    const code = probe?.exitCode ?? null;
    const said = probe === null || probe.output === "" ? "" : `; it said: ${probe.output}`;
    const last = code === null ? said : `; its check last exited with code ${code}${said}`;
    return new CommandFailure(
      "unhealthy",
      `${this.#name} was not healthy within ${times.limitMs} ms${last}.`,
      { logLines: await lastLogLines(this.#engine, container) },
    );
  }

  #engineResult(container: ContainerInspection): ProbeResult {
    return {
      ...this.#result(container, "engine", "The engine found it healthy."),
      health: "healthy",
    };
  }

  #result(
    container: ContainerInspection,
    method: ProbeResult["method"],
    detail: string,
  ): ProbeResult {
    return {
      kind: "probe",
      method,
      detail,
      durationMs: Math.round(performance.now() - this.#startedAt),
      attempts: this.#attempts,
      health: healthOf(container),
      state: stateOf(container),
    };
  }

  /** Resolves after a time, or when the wait is over. */
  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#done.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#done.addEventListener("abort", end);
    });
  }
}

function asStarted(created: ContainerInspection): ContainerInspection {
  const health = { Status: "starting" };
  return {
    ...created,
    State: { ...created.State, Status: "running", Running: true, Health: health },
  };
}
