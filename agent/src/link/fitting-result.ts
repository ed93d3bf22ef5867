import {
  agentLinkService,
  type CommandResult,
  encodeAgentMessage,
  limits,
} from "@bridgeport/proto";

/**
 * The result as it fits into one message. What the control plane can do without is left out, first
 * the list of changes, then what the container was created with; of log lines the first ones.
 */
export function fittingResult(
  result: CommandResult,
  maxBytes: number = limits.messageBytes,
): CommandResult {
  let fitting = result;
  while (bytesOf(fitting) > maxBytes) {
    const { outcome } = fitting;
    const smaller = outcome.ok
      ? smallerBody(outcome.body)
      : outcome.failure.logLines.length > 0 && {
          ...outcome.failure,
          logLines: outcome.failure.logLines.slice(Math.ceil(outcome.failure.logLines.length / 2)),
        };
    if (smaller === null || smaller === false) return fitting;
    fitting = {
      ...fitting,
      outcome: "kind" in smaller ? { ok: true, body: smaller } : { ok: false, failure: smaller },
    };
  }
  return fitting;
}

type Body = Extract<CommandResult["outcome"], { ok: true }>["body"];

function smallerBody(body: Body): Body | null {
  if (body.kind === "run") {
    if (body.changes.length > 0) return { ...body, changes: [] };
    return body.spec === null ? null : { ...body, spec: null };
  }
  if (body.kind === "logs" && body.lines.length > 0) {
    return { ...body, lines: body.lines.slice(Math.ceil(body.lines.length / 2)), truncated: true };
  }
  return null;
}

function bytesOf(result: CommandResult): number {
  const wire = encodeAgentMessage({ kind: "result", result });
  return agentLinkService.Connect.requestSerialize(wire).length;
}
