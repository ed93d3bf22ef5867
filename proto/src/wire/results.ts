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
import type {
  CommandResult,
  Failure,
  FailureCode,
  LogLine,
  ProbeResult,
  ResultBody,
  RollbackResult,
} from "../messages.ts";
import { changeOrigin, containerState, healthState } from "./enums.ts";
import { decodeObserved, encodeObserved } from "./observations.ts";
import { jsonObject, jsonText, jsonValue, numberOrNull, textOrNull } from "./values.ts";

const failureCodes: Record<FailureCode, true> = {
  refused: true,
  not_found: true,
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
const decodeDowntime = (ms: number): number | null => (ms < 0 ? null : ms);

export function encodeLine(line: LogLine): WireLine {
  return { atMs: line.at, stream: line.stream, text: line.text };
}

export function decodeLine(line: LogLine__Output): LogLine {
  return {
    at: line.atMs,
    stream: line.stream === "stderr" ? "stderr" : "stdout",
    text: line.text,
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
    message: failure.message,
    logLines: failure.logLines,
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
    commandId: wire.commandId,
    startedAt: wire.startedAtMs,
    finishedAt: wire.finishedAtMs,
  };
  if (!wire.ok) return { ...head, outcome: { ok: false, failure: decodeFailure(wire.failure) } };
  const body = decodeBody(wire);
  return body === null ? null : { ...head, outcome: { ok: true, body } };
}

function decodeBody(wire: CommandResult__Output): ResultBody | null {
  if (wire.pull) return { kind: "pull", ...wire.pull };
  if (wire.run) {
    return {
      kind: "run",
      containerId: wire.run.containerId,
      imageId: wire.run.imageId,
      previousContainerId: textOrNull(wire.run.previousContainerId),
      previousImageId: textOrNull(wire.run.previousImageId),
      downtimeMs: decodeDowntime(wire.run.downtimeMs),
      spec: jsonObject(wire.run.specJson),
      changes: wire.run.changes.map((change) => ({
        field: change.field,
        origin: changeOrigin.decode(change.origin) ?? "kept",
        before: jsonValue(change.beforeJson),
        after: jsonValue(change.afterJson),
      })),
      running: wire.run.running,
      recreatedDependents: wire.run.recreatedDependents,
      gateTimeoutMs: numberOrNull(wire.run.gateTimeoutMs),
      ...decodeObserved(wire.run),
    };
  }
  if (wire.rollback) {
    return {
      kind: "rollback",
      containerId: textOrNull(wire.rollback.containerId),
      imageId: textOrNull(wire.rollback.imageId),
      outcome: oneOf(rollbackOutcomes, wire.rollback.outcome, "recreated"),
      downtimeMs: decodeDowntime(wire.rollback.downtimeMs),
      ...decodeObserved(wire.rollback),
    };
  }
  if (wire.commit) return { kind: "commit", removed: wire.commit.removed };
  if (wire.prune) return { kind: "prune", ...wire.prune };
  if (wire.pruneEstimate) return { kind: "prune_estimate", ...wire.pruneEstimate };
  if (wire.probe) {
    return {
      kind: "probe",
      method: oneOf(probeMethods, wire.probe.method, "look"),
      detail: wire.probe.detail,
      durationMs: wire.probe.durationMs,
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
      lines: wire.logs.lines.map(decodeLine),
      truncated: wire.logs.truncated,
    };
  }
  return null;
}
