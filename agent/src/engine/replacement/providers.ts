import { CommandFailure } from "../../command.ts";
import type { References, Survey, SurveyedContainer } from "../container/survey.ts";

/** A container with what it takes from others. */
export interface Taker {
  name: string;
  references: References;
  /** it is there already, and must not be lost */
  exists: boolean;
  /** it is to run, which needs those whose namespaces it joins to run as well */
  starts: boolean;
  /** ids of containers that will run by the time that it starts, whether or not they do now */
  willRun?: ReadonlySet<string>;
}

/**
 * Refuses what takes its namespaces, links or volumes from a container that is gone, or that does
 * not run where it would have to. Such a container may run on, but once it is stopped neither it nor
 * a successor starts again: so this is found out before anything is touched.
 * @param work what is not done, such as `deploy it`
 */
export function refuseMissingProviders(taker: Taker, survey: Survey, work: string): void {
  const { namespaces, links, volumesFrom } = taker.references;
  for (const [others, takes, mustRun] of [
    [namespaces, "shares the namespaces of", true],
    [links, "is linked to", true],
    [volumesFrom, "takes the volumes of", false],
  ] as const) {
    for (const other of others) {
      const provider = findProvider(survey, other);
      const needs = `${taker.name} ${takes} the container ${provider?.name ?? shortened(other)}`;
      if (provider === null) throw refusal(taker, needs, gone(taker, work));
      const runs = provider.running || taker.willRun?.has(provider.id) === true;
      if (mustRun && taker.starts && !runs) {
        const advice = `Start ${provider.name}, then ${work}.`;
        throw refusal(taker, needs, { why: "which does not run", advice });
      }
    }
  }
}

/** The container of this id, short id or name; null where there is none. */
function findProvider({ containers }: Survey, reference: string): SurveyedContainer | null {
  const isShort = /^[0-9a-f]{12,63}$/.test(reference);
  return (
    containers.find(({ id, name }) => id === reference || name === reference) ??
    containers.find(({ id }) => isShort && id.startsWith(reference)) ??
    null
  );
}

function shortened(reference: string): string {
  return /^[0-9a-f]{64}$/.test(reference) ? reference.slice(0, 12) : reference;
}

function gone({ name, exists }: Taker, work: string): { why: string; advice: string } {
  return {
    why: "which is no longer on this server",
    advice: exists
      ? `Create ${name} again on its server for the container that has taken that one's place (with Docker Compose: docker compose up -d --force-recreate), then ${work}.`
      : `Create that container first, then ${work}.`,
  };
}

function refusal(
  { name, exists }: Taker,
  needs: string,
  { why, advice }: { why: string; advice: string },
): CommandFailure {
  const left = exists
    ? `: if ${name} stopped, it could not start again, so it was left as it is`
    : "";
  return new CommandFailure("refused", `${needs}, ${why}${left}. ${advice}`);
}
