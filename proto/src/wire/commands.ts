import { defaultGate } from "../gate.ts";
import type {
  Command__Output,
  Command as WireCommand,
} from "../generated/bridgeport/agent/v1/Command.ts";
import type {
  Credentials__Output,
  Credentials as WireCredentials,
} from "../generated/bridgeport/agent/v1/Credentials.ts";
import type {
  HealthGate__Output,
  HealthGate as WireGate,
} from "../generated/bridgeport/agent/v1/HealthGate.ts";
import type { Command, CommandBody, Credentials, HealthGate } from "../messages.ts";
import { deployOrder, lifecycleAction, pruneMode } from "./enums.ts";
import { decodePort, encodePort } from "./inventory.ts";
import { decodeSignatures, encodeSignatures } from "./signatures.ts";
import { duration, jsonObject, jsonText, numberOrNull, textOrNull } from "./values.ts";

/** The wire form of credentials; null: none. */
export function encodeCredentials(credentials: Credentials | null): WireCredentials | null {
  if (credentials === null) return null;
  const { registryToken, identityToken, refusal, ...login } = credentials;
  return {
    ...login,
    identityToken: identityToken ?? "",
    registryToken: registryToken?.value ?? "",
    expiresMs: registryToken?.expiresAt ?? 0,
    refusal: refusal?.message ?? "",
    refusalCode: refusal?.code ?? "",
  };
}

export function decodeCredentials(credentials: Credentials__Output | null): Credentials | null {
  if (credentials === null) return null;
  const token = textOrNull(credentials.registryToken);
  const refusal = textOrNull(credentials.refusal);
  const code =
    credentials.refusalCode === "registry_unavailable" ? "registry_unavailable" : "unauthorized";
  return {
    username: credentials.username,
    password: credentials.password,
    registryHost: credentials.registryHost,
    identityToken: textOrNull(credentials.identityToken),
    ...(token === null
      ? {}
      : { registryToken: { value: token, expiresAt: numberOrNull(credentials.expiresMs) } }),
    ...(refusal === null ? {} : { refusal: { code, message: refusal } }),
  };
}

function encodeGate(gate: HealthGate): WireGate {
  return {
    waitMs: gate.waitMs ?? 0,
    waitMsSet: gate.waitMs !== null,
    retries: gate.retries,
    intervalMs: gate.intervalMs,
    url: gate.url ?? "",
    probe: gate.probe,
  };
}

function decodeGate(gate: HealthGate__Output | null): HealthGate {
  if (gate === null) return { ...defaultGate };
  return {
    waitMs: gate.waitMsSet ? gate.waitMs : null,
    retries: gate.retries,
    intervalMs: gate.intervalMs,
    url: textOrNull(gate.url),
    probe: gate.probe === "engine" ? "engine" : "eager",
  };
}

/** The wire form of a command. */
export function encodeCommand(command: Command, sentAt: number): WireCommand {
  return {
    id: command.id,
    deadlineMs: command.deadlineAt ?? 0,
    sentMs: sentAt,
    after: [...(command.after ?? [])],
    planId: command.planId ?? "",
    ...encodeBody(command.body),
  };
}

function encodeBody(body: CommandBody): WireCommand {
  switch (body.kind) {
    case "pull":
      return {
        pull: {
          reference: body.reference,
          platform: body.platform ?? "",
          credentials: encodeCredentials(body.credentials),
          sizeBytes: body.sizeBytes ?? 0,
          platforms: body.platforms,
          containers: body.containers.map((planned) => ({
            containerName: planned.containerName,
            ports: planned.ports.map(encodePort),
            order: deployOrder.encode(planned.order),
            allowAutoRemove: planned.allowAutoRemove,
            mustExist: planned.mustExist ?? false,
            specJson: planned.spec === undefined ? "" : jsonText(planned.spec),
          })),
          signatures: encodeSignatures(body.signatures),
        },
      };
    case "run":
      return {
        run: {
          serviceId: body.serviceId,
          containerName: body.containerName,
          reference: body.reference,
          order: deployOrder.encode(body.order),
          specJson: body.spec === null ? "" : jsonText(body.spec),
          gate: encodeGate(body.gate),
          allowAutoRemove: body.allowAutoRemove,
          imageConfigJson: body.imageConfig === null ? "" : jsonText(body.imageConfig),
          dryRun: body.dryRun,
          expectedImageIds: body.expectedImageIds,
          signatures: encodeSignatures(body.signatures),
        },
      };
    case "rollback":
      return {
        rollback: {
          serviceId: body.serviceId,
          containerName: body.containerName,
          runCommandId: body.runCommandId,
          reference: body.reference ?? "",
          specJson: body.spec === null ? "" : jsonText(body.spec),
          order: deployOrder.encode(body.order),
          gate: encodeGate(body.gate),
          credentials: encodeCredentials(body.credentials),
          signatures: encodeSignatures(body.signatures),
        },
      };
    case "job":
      return {
        job: {
          serviceId: body.serviceId,
          containerName: body.containerName,
          reference: body.reference,
          command: body.command,
          timeoutMs: body.timeoutMs,
          specJson: body.spec === null ? "" : jsonText(body.spec),
          expectedImageIds: body.expectedImageIds,
          signatures: encodeSignatures(body.signatures),
        },
      };
    case "commit":
      return {
        commit: {
          serviceId: body.serviceId,
          containerName: body.containerName,
          runCommandIds: body.runCommandIds,
          currentImageId: body.currentImageId ?? "",
          previousImageId: body.previousImageId ?? "",
        },
      };
    case "prune":
      return { prune: { mode: pruneMode.encode(body.mode), protect: body.protect } };
    case "prune_estimate":
      return { pruneEstimate: { mode: pruneMode.encode(body.mode), protect: body.protect } };
    case "probe":
      return {
        probe: {
          serviceId: body.serviceId,
          containerName: body.containerName,
          gate: encodeGate(body.gate),
          once: body.once,
        },
      };
    case "lifecycle":
      return {
        lifecycle: {
          containerName: body.containerName,
          action: lifecycleAction.encode(body.action),
        },
      };
    case "cancel":
      return { cancel: { commandId: body.commandId } };
    case "logs":
      return {
        logs: {
          containerName: body.containerName,
          tail: body.tail,
          sinceMs: body.since ?? 0,
        },
      };
  }
}

/** The command, or null for a kind that this version does not know. */
export function decodeCommand(wire: Command__Output): Command | null {
  const body = decodeBody(wire);
  const deadlineAt = numberOrNull(wire.deadlineMs);
  const planId = textOrNull(wire.planId);
  return body === null ? null : { id: wire.id, deadlineAt, after: wire.after, planId, body };
}

function decodeBody(wire: Command__Output): CommandBody | null {
  if (wire.pull) {
    return {
      kind: "pull",
      reference: wire.pull.reference,
      platform: textOrNull(wire.pull.platform),
      credentials: decodeCredentials(wire.pull.credentials),
      sizeBytes: numberOrNull(wire.pull.sizeBytes),
      platforms: wire.pull.platforms,
      containers: wire.pull.containers.map((planned) => {
        const spec = jsonObject(planned.specJson);
        return {
          containerName: planned.containerName,
          ports: planned.ports.map(decodePort),
          order: deployOrder.decode(planned.order) ?? "stop-first",
          allowAutoRemove: planned.allowAutoRemove,
          ...(planned.mustExist ? { mustExist: true } : {}),
          ...(spec === null ? {} : { spec }),
        };
      }),
      ...decodeSignatures(wire.pull.signatures),
    };
  }
  if (wire.run) {
    return {
      kind: "run",
      serviceId: wire.run.serviceId,
      containerName: wire.run.containerName,
      reference: wire.run.reference,
      order: deployOrder.decode(wire.run.order) ?? "stop-first",
      spec: jsonObject(wire.run.specJson),
      gate: decodeGate(wire.run.gate),
      allowAutoRemove: wire.run.allowAutoRemove,
      imageConfig: jsonObject(wire.run.imageConfigJson),
      dryRun: wire.run.dryRun,
      expectedImageIds: wire.run.expectedImageIds,
      ...decodeSignatures(wire.run.signatures),
    };
  }
  if (wire.rollback) {
    return {
      kind: "rollback",
      serviceId: wire.rollback.serviceId,
      containerName: wire.rollback.containerName,
      runCommandId: wire.rollback.runCommandId,
      reference: textOrNull(wire.rollback.reference),
      spec: jsonObject(wire.rollback.specJson),
      order: deployOrder.decode(wire.rollback.order) ?? "stop-first",
      gate: decodeGate(wire.rollback.gate),
      credentials: decodeCredentials(wire.rollback.credentials),
      ...decodeSignatures(wire.rollback.signatures),
    };
  }
  if (wire.job) {
    return {
      kind: "job",
      serviceId: wire.job.serviceId,
      containerName: wire.job.containerName,
      reference: wire.job.reference,
      command: wire.job.command,
      timeoutMs: duration(wire.job.timeoutMs),
      spec: jsonObject(wire.job.specJson),
      expectedImageIds: wire.job.expectedImageIds,
      ...decodeSignatures(wire.job.signatures),
    };
  }
  if (wire.commit) {
    return {
      kind: "commit",
      serviceId: wire.commit.serviceId,
      containerName: wire.commit.containerName,
      runCommandIds: wire.commit.runCommandIds,
      currentImageId: textOrNull(wire.commit.currentImageId),
      previousImageId: textOrNull(wire.commit.previousImageId),
    };
  }
  if (wire.prune) {
    const mode = pruneMode.decode(wire.prune.mode);
    // A mode that is not known must not be taken for another one.
    return mode === null ? null : { kind: "prune", mode, protect: wire.prune.protect };
  }
  if (wire.pruneEstimate) {
    const mode = pruneMode.decode(wire.pruneEstimate.mode);
    const { protect } = wire.pruneEstimate;
    return mode === null ? null : { kind: "prune_estimate", mode, protect };
  }
  if (wire.probe) {
    return {
      kind: "probe",
      serviceId: wire.probe.serviceId,
      containerName: wire.probe.containerName,
      gate: decodeGate(wire.probe.gate),
      once: wire.probe.once,
    };
  }
  if (wire.lifecycle) {
    const action = lifecycleAction.decode(wire.lifecycle.action);
    return action === null
      ? null
      : { kind: "lifecycle", containerName: wire.lifecycle.containerName, action };
  }
  if (wire.cancel) return { kind: "cancel", commandId: wire.cancel.commandId };
  if (wire.logs) {
    return {
      kind: "logs",
      containerName: wire.logs.containerName,
      tail: wire.logs.tail,
      since: numberOrNull(wire.logs.sinceMs),
    };
  }
  return null;
}
