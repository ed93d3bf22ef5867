import type { CommandBody, CommandKind } from "@bridgeport/proto";
import { expect, it } from "vitest";
import { TestJournal } from "../../test/journal.ts";
import { runCommand } from "../../test/real-engine.ts";
import { openReplacementBed, usualImages } from "../../test/replacement-bed.ts";
import type { CommandContext, CommandHandler } from "../command.ts";
import { hostPolicyOf, openPolicy } from "../policy/policy.ts";
import { lifecycleHandler } from "./lifecycle.ts";
import { logsHandler } from "./logs.ts";
import { withProtectedLabels } from "./protected-labels.ts";
import { runHandler } from "./run.ts";

const { v1, v2, bed, newName } = await openReplacementBed({
  v1: usualImages.v1,
  v2: usualImages.v2,
});
const policy = { ...openPolicy, denyLabels: ["tier=data*"] };
const guarded = <K extends CommandKind>(handler: CommandHandler<K>) =>
  withProtectedLabels(bed.engine, policy, handler);

async function running(...options: string[]): Promise<string> {
  const name = newName();
  await bed.docker("run", "-d", "--name", name, ...options, v1.reference);
  return name;
}

/** As the worker gives it: a plain object. */
function contextOf(body: CommandBody): CommandContext {
  const context = new TestJournal().begin(body, {
    labelRefusal: hostPolicyOf(policy).labelRefusal,
  });
  return {
    ...context,
    hostPolicy: context.hostPolicy,
    phase: (name, data) => context.phase(name, data),
    progress: (message) => context.progress(message),
    renewCredentials: () => context.renewCredentials(),
    journalOf: (id) => context.journalOf(id),
    holding: (look, namesOf) => context.holding(look, namesOf),
  };
}

function stop(containerName: string) {
  const body = { kind: "lifecycle", containerName, action: "stop" } as const;
  return guarded(lifecycleHandler(bed.engine)).execute(body, contextOf(body));
}
function logs(containerName: string) {
  const body = { kind: "logs", containerName, tail: 1, since: null } as const;
  return guarded(logsHandler(bed.engine)).execute(body, contextOf(body));
}
function deploy(containerName: string) {
  const body = runCommand(containerName, v2);
  return guarded(runHandler(bed.engine)).execute(body, contextOf(body));
}

it("neither changes nor reads a container with a label that the policy protects", async () => {
  const name = await running("--label", "tier=database");
  const refused = { code: "refused", message: expect.stringMatching(/denyLabels: tier=data\*/) };
  for (const command of [stop, logs, deploy]) {
    await expect(command(name)).rejects.toMatchObject(refused);
  }
  expect(await bed.inspect(name)).toMatchObject({ Image: v1.id, State: { Running: true } });
});

it("does not re-create one after the container that it depends on, either", async () => {
  const name = await running();
  const other = await running("--label", "tier=data", "--network", `container:${name}`);
  await expect(deploy(name)).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining(`${other} depends on ${name}`),
  });
  expect(await bed.inspect(name)).toMatchObject({ Image: v1.id });
});

it("does not make one of a container by the labels of its next image", async () => {
  const labelled = await bed.image("labelled", "LABEL tier=data");
  for (const name of [await running(), newName()]) {
    const body = runCommand(name, labelled, { spec: {} });
    const deploying = guarded(runHandler(bed.engine)).execute(body, contextOf(body));
    await expect(deploying).rejects.toMatchObject({ code: "refused", message: /denyLabels/ });
  }
});

it("leaves all others as they are", async () => {
  const name = await running("--label", "tier=web");
  expect(await logs(name)).toMatchObject({ kind: "logs" });
  expect(await deploy(name)).toMatchObject({ imageId: v2.id });
});
