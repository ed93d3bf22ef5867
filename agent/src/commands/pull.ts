import { platformFits } from "@bridgeport/proto";
import type { CommandHandler } from "../command.ts";
import { timed } from "../current-command.ts";
import type { Engine } from "../engine/client.ts";
import { failureOf, throwIfAborted } from "../engine/failure.ts";
import { readEngineFacts } from "../engine/host.ts";
import { findImage } from "../engine/images/images.ts";
import { pullImage } from "../engine/images/pull.ts";
import { platformOf } from "../engine/inspection.ts";
import { checkBeforePull, checkReplaceable } from "../engine/replacement/preflight.ts";
import { refuseUnsignedPull } from "../engine/replacement/unsigned.ts";
import { ownContainer } from "../engine/self.ts";

/** Pulls an image, and checks that a deploy of it can succeed here. */
export function pullHandler(engine: Engine): CommandHandler<"pull"> {
  return {
    locks: () => [],
    async execute(body, context) {
      const startedAt = performance.now();
      const { reference, platform } = body;
      try {
        throwIfAborted(context.signal, context.deadlineAt, `Pulling ${reference}`);
        const facts = readEngineFacts(engine);
        facts.catch(() => undefined);
        const found = await findImage(engine, reference);
        const present =
          found !== null && (platform === null || platformFits(platformOf(found), platform))
            ? found
            : null;
        if (present === null) refuseUnsignedPull({ signatures: null, ...body }, context.hostPolicy);
        await checkBeforePull(engine, body, { present: present !== null, facts: await facts });
        const image = present ?? (await timed("pull", () => pullImage(engine, body, context)));
        await checkReplaceable(engine, body, context, await ownContainer());
        return {
          kind: "pull",
          imageId: image.Id,
          repoDigests: image.RepoDigests ?? [],
          alreadyPresent: present !== null,
          durationMs: Math.round(performance.now() - startedAt),
          platform: platformOf(image),
        };
      } catch (error) {
        throw failureOf(engine, error, "pull_failed", `${reference} could not be pulled`);
      }
    },
  };
}
