import type { CommandContext } from "../../command.ts";
import { type Engine, engineMessage } from "../client.ts";
import { composeImageLabel } from "../container/compose-labels.ts";
import { inspectImage, type ProcessConfig } from "../inspection.ts";
import { tagOf } from "./images.ts";

/**
 * Moves the local tag of what a Compose container was made from to the image that it runs now, as a
 * pull of that tag does. `docker compose up` compares the two, and would otherwise make the container
 * anew from what the tag stood for before the deploy.
 *
 * Only where the engine has that tag: one more would keep its image from every prune of untagged ones.
 * For the same reason it is the last thing to be done: there is nothing to undo, and a rollback moves it back.
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
    context.progress(`The tag ${repo}:${tag} stays where it was: ${engineMessage(error)}`);
  }
}
