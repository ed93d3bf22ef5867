import type { Command } from "commander";
import { explain } from "../connection/explain.ts";
import { sendOnce } from "../connection/send-once.ts";
import { exit, Failure } from "../exit.ts";
import {
  everyService,
  findDigest,
  findImage,
  findService,
  type Image,
  type Plan,
  type Service,
} from "../find/resources.ts";
import { approvalText } from "../plans/approval.ts";
import { dryRunText } from "../plans/dry-run.ts";
import { planExitCode } from "../plans/exit-code.ts";
import { followToEnd } from "../plans/follow.ts";
import { hooksFrom } from "../plans/hooks-file.ts";
import { planTarget } from "../plans/progress.ts";
import { type Release, releaseOf } from "../plans/release.ts";
import {
  addRolloutOptions,
  type RolloutBody,
  type RolloutOptions,
  rolloutOf,
} from "../plans/rollout.ts";
import { type Wanted, wantedOf } from "../plans/target.ts";
import { type Common, common, type Making, readInput, type Speaking, speak } from "./command.ts";

interface DeployOptions extends Common, RolloutOptions {
  tag?: string;
  digest?: string;
  service?: string[];
  target?: string[];
  everythingBehind?: boolean;
  rollback: boolean;
  parallel?: boolean;
  create?: boolean;
  allowAutoRemove?: boolean;
  hooks?: string;
  wait: boolean;
  dryRun?: boolean;
}

export function addDeploy(program: Command, { io, endWith }: Making): void {
  const deploy = common(
    program.command("deploy").argument("[image]", "name, image name, image:tag or image@sha256:…"),
  )
    .description("Move a tag or digest to the services of an image, and wait for the end")
    .option("-t, --tag <tag>", "the tag; it is resolved to its digest first")
    .option("-d, --digest <digest>", "the digest, or its first 6 characters or more")
    .option("-s, --service <service...>", "only these services of the image")
    .option("--target <target...>", "several images as one release: image=tag or image=sha256:…")
    .option("--everything-behind", "every service of the environment that is behind")
    .option("--no-rollback", "leave what failed as it is")
    .option("--parallel", "replace containers that do not depend on each other at once")
    .option("--create", "create containers that are gone, from their specification")
    .option("--allow-auto-remove", "also replace containers that were made with --rm")
    .option("--hooks <file>", "HTTP calls before and after, beside the images' own; - for stdin")
    .option(
      "--wait",
      "wait for the end and say it with the exit code; also for approval and while it is paused",
      true,
    )
    .option("--no-wait", "return as soon as the plan runs")
    .option("--dry-run", "show what would be done, and change nothing");
  addRolloutOptions(deploy)
    .addHelpText(
      "after",
      "\nExit codes: 0 completed, 2 rolled back, 3 failed, 4 refused, 6 waits for approval,\n7 paused, 1 anything else.\n" +
        "\nExamples:\n  bridgeport deploy shop/web:v2.4.0\n  bridgeport deploy -s web -s worker --tag v2.4.0\n" +
        "  bridgeport deploy --target shop/web=v2.4.0 shop/checkout=v3.0.0\n" +
        "  bridgeport deploy shop/web:v2.4.0 --batch 1 --soak 10m --pause-after 1",
    )
    .action(async (text: string | undefined, options: DeployOptions, command: Command) => {
      const speaking = speak(options, io);
      const { client } = speaking;
      const rollout = rolloutOf(options);
      const hooks =
        options.hooks === undefined ? null : hooksFrom(await readInput(io, options.hooks), io.env);
      const release = releaseOf(text, options);
      const what =
        release === null
          ? await oneImage(speaking, text, options)
          : await asBody(speaking, release);
      const env = await speaking.environment();
      const body = {
        ...what,
        autoRollback: options.rollback,
        parallelExecution: options.parallel ?? false,
        ...(rollout === null ? {} : { rollout }),
        ...(hooks === null ? {} : { hooks }),
        ...(options.create ? { create: true } : {}),
        ...(options.allowAutoRemove ? { allowAutoRemove: true } : {}),
      };
      if (options.dryRun) return await dryRun(speaking, env.id, body);
      const { plan } = await sendOnce((idempotencyKey) =>
        client.post("/api/environments/{envId}/deployment-plans", {
          path: { envId: env.id },
          query: { execute: "true" },
          body,
          idempotencyKey,
        }),
      );
      await waitOrLeave(speaking, plan, waitOf(command, options), endWith);
    });
}

interface Target {
  containerImageId?: string;
  serviceIds?: string[];
  imageDigestId?: string;
  tag?: string;
}
type PlanBody = Target & {
  targets?: Target[];
  everythingBehind?: boolean;
  rollout?: RolloutBody;
  hooks?: ReturnType<typeof hooksFrom>;
};

/** What a deploy of one image asks for, by the names that the command line has. */
async function oneImage(
  speaking: Speaking,
  text: string | undefined,
  options: DeployOptions,
): Promise<PlanBody> {
  const { image: named, wanted } = wantedOf(text, options);
  const { client } = speaking;
  const env = await speaking.environment();
  const services = await servicesOf(speaking, options.service ?? []);
  const image = named === null ? null : await findImage(client, env, named);
  const imageId = image?.id ?? services[0]?.containerImageId;
  if (imageId === undefined) throw new Failure("Deploy which image? Name it, or --service.");
  return {
    ...(await version(speaking, image ?? imageId, wanted)),
    ...(services.length > 0 ? { serviceIds: services.map(({ id }) => id) } : {}),
    ...(image ? { containerImageId: image.id } : {}),
  };
}

/** What a release asks for. */
async function asBody(speaking: Speaking, release: Release): Promise<PlanBody> {
  if (release === "everything behind") return { everythingBehind: true };
  const env = await speaking.environment();
  const targets = [];
  for (const { image: named, wanted } of release) {
    const image = await findImage(speaking.client, env, named);
    targets.push({ containerImageId: image.id, ...(await version(speaking, image, wanted)) });
  }
  return { targets };
}

/** @param image or its id; a tag is resolved by the control plane */
async function version(
  speaking: Speaking,
  image: Image | string,
  wanted: Wanted,
): Promise<{ tag: string } | { imageDigestId: string }> {
  if ("tag" in wanted) return wanted;
  const whole = typeof image === "string" ? await imageOf(speaking, image) : image;
  return { imageDigestId: (await findDigest(speaking.client, whole, wanted.digest)).id };
}

/** A plan that is made, looked through and taken back; it is listed as cancelled afterwards. */
async function dryRun(speaking: Speaking, envId: string, body: PlanBody): Promise<void> {
  const { client } = speaking;
  const { plan } = await client.post("/api/environments/{envId}/deployment-plans", {
    path: { envId },
    query: {},
    body,
  });
  const path = { id: plan.id };
  try {
    const looked = await client.post("/api/deployment-plans/{id}/execute", {
      path,
      query: { dryRun: "true" },
    });
    speaking.say(looked, dryRunText(looked, speaking.paint));
  } finally {
    await sendOnce((idempotencyKey) =>
      client.post("/api/deployment-plans/{id}/cancel", { path, idempotencyKey }),
    ).catch((error: unknown) => {
      const left = `The plan ${plan.id}, made for looking only, is still there: bridgeport cancel ${plan.id}`;
      throw new Failure(`${explain(error)}\n${left}`, exit.other, { cause: error });
    });
  }
}

/** A build should not hang for days: only who says so with --wait waits for people, too. */
export function waitOf(command: Command, { wait }: { wait: boolean }): boolean | "people too" {
  return wait && command.getOptionValueSource("wait") === "cli" ? "people too" : wait;
}

/**
 * Follows a plan to its end, or says where it can be followed. One that waits for a person, as it has to be
 * approved or is paused, is followed only where that is to be waited for, too.
 */
export async function waitOrLeave(
  speaking: Speaking,
  plan: Plan,
  wait: boolean | "people too",
  endWith: (code: number) => void,
  wanted: "completed" | "rolled_back" | "cancelled" = "completed",
): Promise<void> {
  if (plan.status === "waiting_for_approval" && wait !== "people too") {
    const approve = `Approve it, as somebody else: bridgeport approve ${plan.id}`;
    const sentence = `Plan ${plan.id} waits for approval: ${planTarget(plan)}\n${approvalText(plan)}\n${approve}`;
    speaking.say({ plan }, sentence);
    return endWith(exit.waitsForApproval);
  }
  if (!wait) {
    const sentence = `Plan ${plan.id} runs: ${planTarget(plan)}\nFollow it: bridgeport plan ${plan.id} --follow`;
    speaking.say({ plan }, sentence);
    return endWith(exit.ok);
  }
  const { status } = await followToEnd(speaking, plan, { pausedToo: wait === "people too" });
  endWith(planExitCode(status, wanted));
}

async function servicesOf(speaking: Speaking, names: string[]): Promise<Service[]> {
  if (names.length === 0) return [];
  const env = await speaking.environment();
  const all = await everyService(speaking.client, env);
  return Promise.all(names.map((name) => findService(speaking.client, env, name, all)));
}

async function imageOf({ client }: Speaking, id: string): Promise<Image> {
  return (await client.get("/api/container-images/{id}", { path: { id } })).image;
}
