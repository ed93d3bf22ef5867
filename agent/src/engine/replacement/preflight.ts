import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type HealthGate, isLeftoverOf, type PullCommand, platformFits } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { foreignHolder, isListening, type WantedPort } from "../container/ports.ts";
import { surveyContainers } from "../container/survey.ts";
import { diskFreeBytes, type EngineFacts } from "../host.ts";
import { imageOf } from "../images/images.ts";
import { inspectNamed } from "../inspection.ts";
import type { IsSelf } from "../self.ts";
import { approveSuccessor } from "./gains.ts";
import { configOfSpec, planReplacement, type ReplacementRequest } from "./plan.ts";
import { refuseLabels } from "./refusals.ts";

/**
 * Throws a `CommandFailure` where a deploy would fail although the image can be pulled: the image has no
 * platform of this server, the disk is full, or host ports are in use. Changes nothing.
 */
export async function checkBeforePull(
  engine: Engine,
  command: PullCommand,
  { present, facts }: { present: boolean; facts: EngineFacts },
): Promise<void> {
  const own = [facts.os, facts.architecture, facts.variant]
    .filter((part) => part !== null)
    .join("/");
  const wanted = command.platform ?? own;
  const { platforms } = command;
  if (platforms.length > 0 && !platforms.some((platform) => platformFits(platform, wanted))) {
    throw new CommandFailure(
      "no_platform",
      `${command.reference} has no image for ${wanted}, which this server needs; it has ${platforms.join(", ")}.`,
    );
  }
  if (!present && command.sizeBytes !== null) {
    const free = await diskFreeBytes(engine, facts.rootDir);
    if (free !== null && free < command.sizeBytes) {
      throw new CommandFailure(
        "disk_full",
        `${command.reference} needs ${megabytes(command.sizeBytes)} MB, but the disk of the Docker Engine has ${megabytes(free)} MB left: prune images or make room.`,
      );
    }
  }
  await checkPorts(engine, command);
}

/**
 * Throws a `CommandFailure` where one of the existing containers cannot be replaced, now that the image is
 * on the server, or where the host's policy does not allow what a new one would get. It plans the
 * replacement exactly as the deploy will, and changes nothing.
 */
export async function checkReplaceable(
  engine: Engine,
  { containers, reference, signatures }: PullCommand,
  context: Pick<CommandContext, "commandId" | "hostPolicy" | "permission">,
  isSelf: IsSelf,
): Promise<void> {
  await Promise.all(
    containers.map(async ({ containerName, order, allowAutoRemove, mustExist = false, spec }) => {
      const request = {
        ...{ containerName, reference, order, allowAutoRemove, gate: unusedGate },
        ...(signatures === undefined ? {} : { signatures }),
      };
      if ((await inspectNamed(engine, containerName)) === null) {
        if (mustExist) throw missing(containerName);
        if (spec !== undefined) {
          await checkNew(engine, { ...request, spec, expectedImageIds: [] }, context);
        }
        return;
      }
      const unused = { spec: null, expectedImageIds: [] };
      await planReplacement(engine, { ...request, ...unused }, context, isSelf);
    }),
  );
}

/** The containers that it needs may be created before it, so only the host's policy is asked. */
async function checkNew(
  engine: Engine,
  request: ReplacementRequest,
  context: Pick<CommandContext, "hostPolicy">,
): Promise<void> {
  const image = await imageOf(engine, request.reference);
  const config = await configOfSpec(engine, request, image);
  if (config === null) return;
  const { containerName, signatures } = request;
  refuseLabels(containerName, config.body, image, context);
  const survey = await surveyContainers(engine);
  const successor = {
    ...{ containerName, body: config.body, previous: null, survey },
    image: { imageId: image.Id, ranBefore: [], signatures: signatures ?? null },
  };
  await approveSuccessor(engine, successor, context.hostPolicy);
}

/** A plan needs a gate, but this one is never used. */
const unusedGate: HealthGate = {
  waitMs: null,
  retries: 0,
  intervalMs: 0,
  url: null,
  probe: "eager",
};

function missing(name: string): CommandFailure {
  return new CommandFailure(
    "not_found",
    `There is no container named ${name} on this server: it was removed or renamed since the plan was made, so nothing was changed. Create it again on its server, or deploy without this service.`,
  );
}

async function checkPorts(engine: Engine, { containers: planned }: PullCommand): Promise<void> {
  const wanted = planned.flatMap(({ containerName, ports: needed }) =>
    needed.flatMap(({ hostPort, hostIp, protocol }): WantedPort[] =>
      hostPort === null ? [] : [{ containerName, port: hostPort, ip: hostIp ?? "", protocol }],
    ),
  );
  if (wanted.length === 0) return;
  const [{ containers }, portsVisible] = await Promise.all([
    surveyContainers(engine),
    isInHostNetwork(engine),
  ]);
  for (const want of wanted) {
    const isOwn = (name: string): boolean =>
      name === want.containerName || isLeftoverOf(want.containerName, name);
    const holder = foreignHolder(want, containers, isOwn);
    const where = `host port ${want.port}/${want.protocol}`;
    if (holder !== null) {
      throw new CommandFailure(
        "port_taken",
        `${want.containerName} needs ${where}, which the container ${holder} holds: stop it or choose another port.`,
      );
    }
    const heldByItself = containers.some(
      ({ name, ports: held }) =>
        isOwn(name) && held.some((one) => one.port === want.port && one.protocol === want.protocol),
    );
    if (!portsVisible || heldByItself || want.protocol !== "tcp") continue;
    if (await listens(want)) {
      throw new CommandFailure(
        "port_taken",
        `${want.containerName} needs ${where}, on which another program of this server listens: stop it or choose another port.`,
      );
    }
  }
}

/**
 * Whether this process is in the host's network, so that it can see ports in use: then it has the engine's
 * bridge interface.
 */
async function isInHostNetwork(engine: Engine): Promise<boolean> {
  try {
    const network = (await engine.docker.getNetwork("bridge").inspect()) as {
      Options?: Record<string, string>;
    };
    const bridge = network.Options?.["com.docker.network.bridge.name"] ?? "docker0";
    await access(join("/sys/class/net", basename(bridge)));
    return true;
  } catch {
    return false;
  }
}

async function listens(want: WantedPort): Promise<boolean> {
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFile(path, "utf8").catch(() => "")),
  );
  return tables.some((table) => isListening(want, table));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
