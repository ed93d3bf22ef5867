import type {
  CommandResult__Output,
  CommandResult as WireResult,
} from "../generated/bridgeport/agent/v1/CommandResult.ts";
import type {
  Failure__Output,
  Failure as WireFailure,
} from "../generated/bridgeport/agent/v1/Failure.ts";
import type {
  LogLine__Output,
  LogLine as WireLine,
} from "../generated/bridgeport/agent/v1/LogLine.ts";
import type { Phase__Output } from "../generated/bridgeport/agent/v1/Phase.ts";
import { limits, textLimits } from "../limits.ts";
import {
  type CommandResult,
  type Failure,
  type FailureCode,
  type LogLine,
  type PhaseTimes,
  type ProbeResult,
  phaseNames,
  type ResultBody,
  type RollbackResult,
} from "../messages.ts";
import { changeOrigin, containerState, healthState } from "./enums.ts";
import { decodeObserved, encodeObserved } from "./observations.ts";
import {
  count,
  duration,
  jsonObject,
  jsonText,
  jsonValue,
  numberOrNull,
  text,
  textOrNull,
  texts,
  time,
} from "./values.ts";

const failureCodes: Record<FailureCode, true> = {
  refused: true,
  not_found: true,
  image_missing: true,
  pull_failed: true,
  registry_unavailable: true,
  image_unusable: true,
  unauthorized: true,
  no_platform: true,
  disk_full: true,
  port_taken: true,
  create_failed: true,
  start_failed: true,
  stop_failed: true,
  image_mismatch: true,
  unhealthy: true,
  exited: true,
  timeout: true,
  cancelled: true,
  engine_unavailable: true,
  engine_error: true,
  internal: true,
};

const probeMethods: Record<ProbeResult["method"], true> = {
  exec: true,
  engine: true,
  stable: true,
  stopped: true,
  url: true,
  look: true,
};

const rollbackOutcomes: Record<RollbackResult["outcome"], true> = {
  restored: true,
  recreated: true,
  unchanged: true,
  removed: true,
};

function oneOf<Word extends string>(
  words: Record<Word, true>,
  value: string,
  otherwise: Word,
): Word {
  return Object.hasOwn(words, value) ? (value as Word) : otherwise;
}

// -1 on the wire: nothing was running, so nothing was down.
const encodeDowntime = (ms: number | null): number => ms ?? -1;
const decodeDowntime = (ms: number): number | null => (ms >= 0 ? duration(ms) : null);

export function encodeLine(line: LogLine): WireLine {
  return { atMs: line.at, stream: line.stream, text: line.text };
}

export function decodeLine(line: LogLine__Output): LogLine {
  return {
    at: time(line.atMs),
    stream: line.stream === "stderr" ? "stderr" : "stdout",
    text: text(line.text, textLimits.logLine),
  };
}

function encodeFailure(failure: Failure): WireFailure {
  return {
    code: failure.code,
    message: failure.message,
    logLines: failure.logLines,
    exitCode: failure.exitCode ?? 0,
    hasExitCode: failure.exitCode !== null,
    ...encodeObserved(failure),
  };
}

function decodeFailure(failure: Failure__Output | null): Failure {
  if (failure === null) {
    return {
      code: "internal",
      message: "The agent reported a failure without saying which: see the agent's log.",
      logLines: [],
      exitCode: null,
    };
  }
  return {
    code: oneOf(failureCodes, failure.code, "internal"),
    message: text(failure.message, textLimits.sentence),
    logLines: texts(failure.logLines, 100, textLimits.sentence),
    exitCode: failure.hasExitCode ? failure.exitCode : null,
    ...decodeObserved(failure),
  };
}

/** The wire form of a command's result. */
export function encodeResult(result: CommandResult): WireResult {
  const head = {
    commandId: result.commandId,
    startedAtMs: result.startedAt,
    finishedAtMs: result.finishedAt,
    phases: (result.phases ?? []).map(({ name, startedAt, finishedAt }) => ({
      ...{ name, startedAtMs: startedAt, finishedAtMs: finishedAt },
    })),
  };
  return result.outcome.ok
    ? { ...head, ok: true, ...encodeBody(result.outcome.body) }
    : { ...head, ok: false, failure: encodeFailure(result.outcome.failure) };
}

function encodeBody(body: ResultBody): WireResult {
  switch (body.kind) {
    case "pull":
      return {
        pull: {
          imageId: body.imageId,
          repoDigests: body.repoDigests,
          alreadyPresent: body.alreadyPresent,
          durationMs: body.durationMs,
          platform: body.platform,
        },
      };
    case "run":
      return {
        run: {
          containerId: body.containerId,
          imageId: body.imageId,
          previousContainerId: body.previousContainerId ?? "",
          previousImageId: body.previousImageId ?? "",
          downtimeMs: encodeDowntime(body.downtimeMs),
          specJson: body.spec === null ? "" : jsonText(body.spec),
          changes: body.changes.map((change) => ({
            field: change.field,
            origin: changeOrigin.encode(change.origin),
            beforeJson: jsonText(change.before),
            afterJson: jsonText(change.after),
          })),
          running: body.running,
          recreatedDependents: body.recreatedDependents,
          gateTimeoutMs: body.gateTimeoutMs ?? 0,
          ...encodeObserved(body),
        },
      };
    case "rollback":
      return {
        rollback: {
          containerId: body.containerId ?? "",
          imageId: body.imageId ?? "",
          outcome: body.outcome,
          downtimeMs: encodeDowntime(body.downtimeMs),
          ...encodeObserved(body),
        },
      };
    case "job":
      return { job: { durationMs: body.durationMs, logLines: body.logLines } };
    case "commit":
      return { commit: { removed: body.removed } };
    case "prune":
      return {
        prune: { spaceReclaimedBytes: body.spaceReclaimedBytes, imagesDeleted: body.imagesDeleted },
      };
    case "prune_estimate":
      return {
        pruneEstimate: { spaceReclaimableBytes: body.spaceReclaimableBytes, images: body.images },
      };
    case "probe":
      return {
        probe: {
          method: body.method,
          detail: body.detail,
          durationMs: body.durationMs,
          attempts: body.attempts,
          health: healthState.encode(body.health),
          state: containerState.encode(body.state),
        },
      };
    case "lifecycle":
      return { lifecycle: { state: containerState.encode(body.state) } };
    case "cancel":
      return { cancel: { cancelled: body.cancelled } };
    case "logs":
      return { logs: { lines: body.lines.map(encodeLine), truncated: body.truncated } };
  }
}

/** The result, or null for a success of a kind that this version does not know. */
export function decodeResult(wire: CommandResult__Output): CommandResult | null {
  const head = {
    commandId: text(wire.commandId, textLimits.id),
    startedAt: time(wire.startedAtMs),
    finishedAt: time(wire.finishedAtMs),
    ...decodePhases(wire.phases),
  };
  if (!wire.ok) return { ...head, outcome: { ok: false, failure: decodeFailure(wire.failure) } };
  const body = decodeBody(wire);
  return body === null ? null : { ...head, outcome: { ok: true, body } };
}

/** Those that this version knows, if there are any. */
function decodePhases(wire: readonly Phase__Output[]): Pick<CommandResult, "phases"> {
  const phases = wire.slice(0, limits.phases).flatMap((phase): PhaseTimes[] => {
    const name = phaseNames.find((known) => known === phase.name);
    const [startedAt, finishedAt] = [time(phase.startedAtMs), time(phase.finishedAtMs)];
    return name === undefined ? [] : [{ name, startedAt, finishedAt }];
  });
  return phases.length === 0 ? {} : { phases };
}

function decodeBody(wire: CommandResult__Output): ResultBody | null {
  if (wire.pull) {
    return {
      kind: "pull",
      imageId: text(wire.pull.imageId, textLimits.id),
      repoDigests: texts(wire.pull.repoDigests, limits.names),
      alreadyPresent: wire.pull.alreadyPresent,
      durationMs: duration(wire.pull.durationMs),
      platform: text(wire.pull.platform, 100),
    };
  }
  if (wire.run) {
    return {
      kind: "run",
      containerId: text(wire.run.containerId, textLimits.id),
      imageId: text(wire.run.imageId, textLimits.id),
      previousContainerId: textOrNull(text(wire.run.previousContainerId, textLimits.id)),
      previousImageId: textOrNull(text(wire.run.previousImageId, textLimits.id)),
      downtimeMs: decodeDowntime(wire.run.downtimeMs),
      spec: jsonObject(wire.run.specJson),
      changes: wire.run.changes.slice(0, limits.changes).map((change) => ({
        field: text(change.field),
        origin: changeOrigin.decode(change.origin) ?? "kept",
        before: jsonValue(change.beforeJson),
        after: jsonValue(change.afterJson),
      })),
      running: wire.run.running,
      recreatedDependents: texts(wire.run.recreatedDependents, limits.names),
      gateTimeoutMs: numberOrNull(duration(wire.run.gateTimeoutMs)),
      ...decodeObserved(wire.run),
    };
  }
  if (wire.rollback) {
    return {
      kind: "rollback",
      containerId: textOrNull(text(wire.rollback.containerId, textLimits.id)),
      imageId: textOrNull(text(wire.rollback.imageId, textLimits.id)),
      outcome: oneOf(rollbackOutcomes, wire.rollback.outcome, "recreated"),
      downtimeMs: decodeDowntime(wire.rollback.downtimeMs),
      ...decodeObserved(wire.rollback),
    };
  }
  if (wire.job) {
    return {
      kind: "job",
      durationMs: duration(wire.job.durationMs),
      logLines: texts(wire.job.logLines, 100, textLimits.sentence),
    };
  }
  if (wire.commit) return { kind: "commit", removed: wire.commit.removed };
  if (wire.prune) {
    return {
      kind: "prune",
      spaceReclaimedBytes: count(wire.prune.spaceReclaimedBytes),
      imagesDeleted: wire.prune.imagesDeleted,
    };
  }
  if (wire.pruneEstimate) {
    return {
      kind: "prune_estimate",
      spaceReclaimableBytes: count(wire.pruneEstimate.spaceReclaimableBytes),
      images: wire.pruneEstimate.images,
    };
  }
  if (wire.probe) {
    return {
      kind: "probe",
      method: oneOf(probeMethods, wire.probe.method, "look"),
      detail: text(wire.probe.detail, textLimits.sentence),
      durationMs: duration(wire.probe.durationMs),
      attempts: wire.probe.attempts,
      health: healthState.decode(wire.probe.health) ?? "unknown",
      state: containerState.decode(wire.probe.state) ?? "unknown",
    };
  }
  if (wire.lifecycle) {
    return {
      kind: "lifecycle",
      state: containerState.decode(wire.lifecycle.state) ?? "unknown",
    };
  }
  if (wire.cancel) return { kind: "cancel", cancelled: wire.cancel.cancelled };
  if (wire.logs) {
    return {
      kind: "logs",
      lines: wire.logs.lines.slice(0, limits.logLines).map(decodeLine),
      truncated: wire.logs.truncated,
    };
  }
  return null;
}
