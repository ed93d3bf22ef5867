import type { CommandContext } from "../../command.ts";
import { type Engine, engineMessage } from "../client.ts";
import { composeImageLabel } from "../container/compose-labels.ts";
import { inspectImage, type ProcessConfig } from "../inspection.ts";
import { tagOf } from "./images.ts";

/**
 * Moves the local tag that a Compose container was created from to the image that it runs now, as a
 * pull of that tag does. `docker compose up` compares the two, and would otherwise re-create the
 * container from the image that had the tag before the deploy.
 *
 * Only a tag that the engine has is moved: a new one would protect its image from every prune of
 * untagged images. It is the last step of a deploy, so an undo has nothing to do here; a rollback
 * moves the tag back.
 */
export async function moveComposeTag(
  engine: Engine,
  context: CommandContext,
  { Image: reference = "", Labels: labels }: ProcessConfig,
  imageId: string,
): Promise<void> {
  const tagged = tagOf(reference);
  if (tagged === null || labels?.[composeImageLabel] === undefined) return;
  const { name: repo, tag } = tagged;
  try {
    const current = await inspectImage(engine, `${repo}:${tag}`);
    if (current === null || current.Id === imageId) return;
    await engine.docker.getImage(imageId).tag({ repo, tag });
  } catch (error) {
    context.progress(
      `The tag ${repo}:${tag} could not be moved to the deployed image: ${engineMessage(error)}`,
    );
  }
}
