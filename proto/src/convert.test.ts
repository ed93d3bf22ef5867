import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AgentMessage,
  agentLinkService,
  type CommandBody,
  type ContainerReport,
  type ControlMessage,
  type Credentials,
  decodeAgentMessage,
  decodeControlMessage,
  encodeAgentMessage,
  encodeControlMessage,
  type Failure,
  type HealthGate,
  type HostStatus,
  type LogLine,
  type Port,
  phaseNames,
  type ResultBody,
  readAgentMessage,
} from "./index.ts";

const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } =
  agentLinkService.Connect;

const text = fc.string({ unit: "grapheme" });
const name = fc.string({ minLength: 1 });
const nullableName = fc.option(name);
const lastTime = Date.UTC(9999, 11, 31);
const time = fc.integer({ min: 1, max: lastTime });
const nullableTime = fc.option(time);
/** how long something takes */
const duration = fc.integer({ min: 0, max: 86_400_000 });
const size = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const uint32 = fc.nat({ max: 0xffffffff });
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const spec = fc.option(
  fc.dictionary(
    name.filter((key) => key !== "__proto__"),
    json,
  ),
);
const texts = fc.array(text, { maxLength: 3 });

const port: Arbitrary<Port> = fc.record({
  containerPort: fc.integer({ min: 1, max: 65535 }),
  hostPort: fc.option(fc.integer({ min: 1, max: 65535 })),
  hostIp: nullableName,
  protocol: fc.constantFrom("tcp", "udp", "sctp"),
});
const state = fc.constantFrom(
  "created",
  "running",
  "paused",
  "restarting",
  "removing",
  "exited",
  "dead",
  "unknown",
);
const health = fc.constantFrom("none", "starting", "healthy", "unhealthy", "unknown");
/** Absent rather than empty, as it is read back. */
const told = <T>(value: Arbitrary<T>) => fc.option(value, { nil: undefined });
const observation = fc.record({
  containerId: text,
  imageId: text,
  running: fc.boolean(),
  health,
  name: text,
  exitCode: fc.option(fc.integer({ min: 0, max: 255 })),
});
const observed = { before: told(observation), after: told(observation) };
const container: Arbitrary<ContainerReport> = fc.record({
  id: text,
  name: text,
  imageName: text,
  imageId: text,
  repoDigests: texts,
  state,
  health,
  exitCode: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  restartCount: uint32,
  createdAt: fc.integer({ min: 0, max: lastTime }),
  startedAt: nullableTime,
  finishedAt: nullableTime,
  labels: fc.dictionary(
    name.filter((key) => key !== "__proto__"),
    text,
    { noNullPrototype: true },
  ),
  ports: fc.array(port, { maxLength: 3 }),
  self: fc.boolean(),
  autoRemove: fc.boolean(),
  imagePlatform: nullableName,
  stopLimitMs: duration,
  checkLimitMs: duration,
  imageNames: told(fc.array(text, { minLength: 1, maxLength: 3 })),
  needs: fc.array(name, { maxLength: 2 }),
});
const host: Arbitrary<HostStatus> = fc.record({
  engineAvailable: fc.boolean(),
  engineError: nullableName,
  dockerVersion: nullableName,
  apiVersion: nullableName,
  os: nullableName,
  architecture: nullableName,
  variant: nullableName,
  cpus: fc.nat({ max: 1_000_000 }),
  memoryBytes: size,
  diskFreeBytes: size,
  hostname: text,
  takesRegistryTokens: told(fc.boolean()),
  policy: told(fc.record({ hash: fc.option(fc.constant("0a".repeat(32))), summary: text })),
  storageDriver: told(fc.constantFrom("overlay2", "overlayfs")),
});
const line: Arbitrary<LogLine> = fc.record({
  at: fc.integer({ min: 0, max: lastTime }),
  stream: fc.constantFrom("stdout", "stderr"),
  text,
});
const lines = fc.array(line, { maxLength: 3 });
const failure: Arbitrary<Failure> = fc.record({
  code: fc.constantFrom("refused", "timeout", "unhealthy", "internal", "engine_unavailable"),
  message: text,
  logLines: texts,
  exitCode: fc.option(fc.integer({ min: -1, max: 255 })),
  ...observed,
});
const downtimeMs = fc.option(duration);
const resultBody: Arbitrary<ResultBody> = fc.oneof(
  fc.record({
    kind: fc.constant("pull"),
    imageId: text,
    repoDigests: texts,
    alreadyPresent: fc.boolean(),
    durationMs: duration,
    platform: text,
  }),
  fc.record({
    kind: fc.constant("run"),
    containerId: text,
    imageId: text,
    previousContainerId: nullableName,
    previousImageId: nullableName,
    downtimeMs,
    spec,
    changes: fc.array(
      fc.record({
        field: text,
        origin: fc.constantFrom("kept", "image", "plan"),
        before: json,
        after: json,
      }),
      { maxLength: 3 },
    ),
    running: fc.boolean(),
    recreatedDependents: texts,
    gateTimeoutMs: fc.option(fc.integer({ min: 1, max: 86_400_000 })),
    ...observed,
  }),
  fc.record({
    kind: fc.constant("rollback"),
    containerId: nullableName,
    imageId: nullableName,
    outcome: fc.constantFrom("restored", "recreated", "unchanged", "removed"),
    downtimeMs,
    ...observed,
  }),
  fc.record({ kind: fc.constant("job"), durationMs: duration, logLines: texts }),
  fc.record({ kind: fc.constant("commit"), removed: uint32 }),
  fc.record({ kind: fc.constant("prune"), spaceReclaimedBytes: size, imagesDeleted: uint32 }),
  fc.record({ kind: fc.constant("prune_estimate"), spaceReclaimableBytes: size, images: uint32 }),
  fc.record({
    kind: fc.constant("probe"),
    method: fc.constantFrom("exec", "engine", "stable", "stopped", "url", "look"),
    detail: text,
    durationMs: duration,
    attempts: uint32,
    health,
    state,
  }),
  fc.record({ kind: fc.constant("lifecycle"), state }),
  fc.record({ kind: fc.constant("cancel"), cancelled: fc.boolean() }),
  fc.record({ kind: fc.constant("logs"), lines, truncated: fc.boolean() }),
);
const credentials: Arbitrary<Credentials> = fc.record({
  username: text,
  password: text,
  registryHost: text,
  identityToken: nullableName,
  registryToken: told(fc.record({ value: name, expiresAt: nullableTime })),
  refusal: told(
    fc.record({ code: fc.constantFrom("unauthorized", "registry_unavailable"), message: name }),
  ),
});
const gate: Arbitrary<HealthGate> = fc.record({
  waitMs: fc.option(uint32),
  retries: uint32,
  intervalMs: uint32,
  url: nullableName,
  probe: fc.constantFrom("eager", "engine"),
});
const base64 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("base64"));
const signatures = told(
  fc.record({
    found: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("simple"), payload: base64, signature: text }),
        fc.record({ kind: fc.constant("bundle"), text: name }),
      ),
      { maxLength: 3 },
    ),
    error: nullableName,
  }),
);
const commandBody: Arbitrary<CommandBody> = fc.oneof(
  fc.record({
    kind: fc.constant("pull"),
    signatures,
    reference: text,
    platform: nullableName,
    credentials: fc.option(credentials),
    sizeBytes: nullableTime,
    platforms: texts,
    containers: fc.array(
      fc.record({
        containerName: text,
        ports: fc.array(port, { maxLength: 2 }),
        order: fc.constantFrom("stop-first", "start-first"),
        allowAutoRemove: fc.boolean(),
        mustExist: told(fc.constant(true)),
        spec: told(spec.filter((value) => value !== null)),
      }),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    kind: fc.constant("run"),
    signatures,
    serviceId: text,
    containerName: text,
    reference: text,
    order: fc.constantFrom("stop-first", "start-first"),
    spec,
    gate,
    allowAutoRemove: fc.boolean(),
    dryRun: fc.boolean(),
    imageConfig: spec,
    expectedImageIds: texts,
  }),
  fc.record({
    kind: fc.constant("rollback"),
    signatures,
    serviceId: text,
    containerName: text,
    runCommandId: text,
    reference: nullableName,
    spec,
    order: fc.constantFrom("stop-first", "start-first"),
    gate,
    credentials: fc.option(credentials),
  }),
  fc.record({
    kind: fc.constant("job"),
    signatures,
    serviceId: text,
    containerName: text,
    reference: text,
    command: texts,
    timeoutMs: duration,
    spec,
    expectedImageIds: texts,
  }),
  fc.record({
    kind: fc.constant("commit"),
    serviceId: text,
    containerName: text,
    runCommandIds: texts,
    currentImageId: nullableName,
    previousImageId: nullableName,
  }),
  fc.record({
    kind: fc.constant("prune"),
    mode: fc.constantFrom("dangling", "all"),
    protect: texts,
  }),
  fc.record({
    kind: fc.constant("prune_estimate"),
    mode: fc.constantFrom("dangling", "all"),
    protect: texts,
  }),
  fc.record({
    kind: fc.constant("probe"),
    serviceId: text,
    containerName: text,
    gate,
    once: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("lifecycle"),
    containerName: text,
    action: fc.constantFrom("start", "stop", "restart"),
  }),
  fc.record({ kind: fc.constant("cancel"), commandId: text }),
  fc.record({
    kind: fc.constant("logs"),
    containerName: text,
    tail: uint32,
    since: nullableTime,
  }),
);

const agentMessage: Arbitrary<AgentMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("hello"),
    protocolVersion: uint32,
    agentVersion: text,
    capabilities: texts,
    host,
    instanceId: nullableName,
    sentAt: fc.option(fc.integer({ min: 1, max: lastTime })),
  }),
  fc.record({
    kind: fc.constant("inventory"),
    sequence: size,
    chunk: uint32,
    last: fc.boolean(),
    containers: fc.array(container, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("change"),
    sequence: size,
    change: fc.oneof(fc.record({ upsert: container }), fc.record({ removedId: text })),
  }),
  fc.record({ kind: fc.constant("host"), host }),
  fc.record({ kind: fc.constant("accepted"), commandId: text }),
  fc.record({
    kind: fc.constant("progress"),
    commandId: text,
    phase: text,
    message: text,
    at: time,
  }),
  fc.record({
    kind: fc.constant("result"),
    result: fc.record({
      commandId: text,
      startedAt: time,
      finishedAt: time,
      phases: told(
        fc.array(
          fc.record({
            name: fc.constantFrom(...phaseNames),
            startedAt: time,
            finishedAt: time,
          }),
          { minLength: 1, maxLength: 3 },
        ),
      ),
      outcome: fc.oneof(
        fc.record({ ok: fc.constant(true), body: resultBody }),
        fc.record({ ok: fc.constant(false), failure }),
      ),
    }),
  }),
  fc.record({
    kind: fc.constant("log"),
    followId: text,
    lines,
    end: fc.boolean(),
    error: nullableName,
  }),
  fc.record({ kind: fc.constant("renew"), csrPem: text }),
  fc.record({ kind: fc.constant("credentialsRequest"), commandId: text }),
  fc.record({ kind: fc.constant("upgradeStatus"), attempt: text, error: nullableName }),
  fc.record({ kind: fc.constant("goodbye"), reason: text }),
);

const controlMessage: Arbitrary<ControlMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("welcome"),
    protocolVersion: uint32,
    serverId: text,
    capabilities: texts,
  }),
  fc.record({
    kind: fc.constant("command"),
    command: fc.record({
      id: text,
      deadlineAt: nullableTime,
      after: fc.array(text),
      planId: nullableName,
      body: commandBody,
    }),
    sentAt: fc.nat(),
  }),
  fc.record({ kind: fc.constant("resultAck"), commandId: text }),
  fc.record({ kind: fc.constant("inventoryRequest") }),
  fc.record({
    kind: fc.constant("logStart"),
    followId: text,
    containerName: text,
    tail: uint32,
    since: nullableTime,
    credit: uint32,
  }),
  fc.record({ kind: fc.constant("logCredit"), followId: text, lines: uint32 }),
  fc.record({ kind: fc.constant("logStop"), followId: text }),
  fc.record({ kind: fc.constant("certificate"), certificatePem: text, caPem: text }),
  fc.record({ kind: fc.constant("authorities"), caPems: texts }),
  fc.record({
    kind: fc.constant("upgrade"),
    attempt: text,
    version: text,
    checksums: text,
    signature: text,
  }),
  fc.record({
    kind: fc.constant("credentials"),
    commandId: text,
    credentials: fc.option(credentials),
    error: nullableName,
    sentAt: fc.nat(),
  }),
  fc.record({ kind: fc.constant("goodbye"), reason: text, elsewhere: fc.boolean() }),
);

/** fast-check's records may lack a prototype, which toEqual does not mind. */
function overWireUp(message: AgentMessage): AgentMessage | null {
  return decodeAgentMessage(requestDeserialize(requestSerialize(encodeAgentMessage(message))));
}

function overWireDown(message: ControlMessage): ControlMessage | null {
  return decodeControlMessage(
    responseDeserialize(responseSerialize(encodeControlMessage(message))),
  );
}

describe("messages survive the wire", () => {
  test("from agent to control plane", () => {
    fc.assert(
      fc.property(agentMessage, (message) => {
        expect(overWireUp(message)).toEqual(message);
        const bytes = requestSerialize(encodeAgentMessage(message));
        expect(readAgentMessage(bytes)).toEqual({ ok: true, message });
      }),
      { numRuns: 500 },
    );
  });

  test("from control plane to agent", () => {
    fc.assert(
      fc.property(controlMessage, (message) => {
        expect(overWireDown(message)).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a peer of another version", () => {
  // Field 99, length-delimited, empty: a kind of message from the future.
  const unknownKind = Buffer.from([0x9a, 0x06, 0x00]);

  test("its unknown message kinds are ignored", () => {
    expect(decodeAgentMessage(requestDeserialize(unknownKind))).toBeNull();
    expect(decodeControlMessage(responseDeserialize(unknownKind))).toBeNull();
  });

  test("an unknown command is not taken for another one", () => {
    // ControlMessage.command { id: "c", 99: {} }
    const bytes = Buffer.from([0x12, 0x06, 0x0a, 0x01, 0x63, 0x9a, 0x06, 0x00]);
    expect(decodeControlMessage(responseDeserialize(bytes))).toBeNull();
  });

  test("an unknown prune mode is not taken for a known one", () => {
    // ControlMessage.command { id: "c", prune: { mode: 9 } }
    const bytes = Buffer.from([0x12, 0x07, 0x0a, 0x01, 0x63, 0x72, 0x02, 0x08, 0x09]);
    expect(decodeControlMessage(responseDeserialize(bytes))).toBeNull();
  });

  test("an unknown container state is unknown", () => {
    // AgentMessage.change { upsert: { state: 42 } }
    const bytes = Buffer.from([0x1a, 0x04, 0x12, 0x02, 0x30, 0x2a]);
    const message = decodeAgentMessage(requestDeserialize(bytes));
    expect(message).toMatchObject({ kind: "change", change: { upsert: { state: "unknown" } } });
  });

  test("an unknown failure code is internal, its sentence is kept", () => {
    const wire = requestDeserialize(
      requestSerialize({
        result: { commandId: "c", ok: false, failure: { code: "eclipse", message: "Dark." } },
      }),
    );
    expect(decodeAgentMessage(wire)).toMatchObject({
      kind: "result",
      result: { outcome: { failure: { code: "internal", message: "Dark." } } },
    });
  });
});
