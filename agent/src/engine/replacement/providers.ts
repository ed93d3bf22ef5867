import { CommandFailure } from "../../command.ts";
import type { References, Survey, SurveyedContainer } from "../container/survey.ts";

/** A container whose providers are checked. */
export interface ProviderCheck {
  name: string;
  references: References;
  /** it exists already, and must not be lost */
  exists: boolean;
  /** it is to run, so the containers whose namespaces it shares have to run, too */
  starts: boolean;
  /** ids of containers that will run by the time that it starts, whether or not they do now */
  willRun?: ReadonlySet<string>;
}

/**
 * Throws a failure where a container has its namespaces, links or volumes from a provider that is gone, or
 * that has to run and does not. Such a container may still run, but once it is stopped neither it nor its
 * replacement can start again: so this is checked before anything is changed.
 * @param work what is refused, such as `deploy it`
 */
export function refuseMissingProviders(check: ProviderCheck, survey: Survey, work: string): void {
  const { namespaces, links, volumesFrom } = check.references;
  for (const [others, takes, mustRun] of [
    [namespaces, "shares the namespaces of", true],
    [links, "is linked to", true],
    [volumesFrom, "takes the volumes of", false],
  ] as const) {
    for (const other of others) {
      const provider = findProvider(survey, other);
      const needs = `${check.name} ${takes} the container ${provider?.name ?? shortened(other)}`;
      if (provider === null) throw refusal(check, needs, gone(check, work));
      const runs = provider.running || check.willRun?.has(provider.id) === true;
      if (mustRun && check.starts && !runs) {
        const advice = `Start ${provider.name}, then ${work}.`;
        throw refusal(check, needs, { why: "which does not run", advice });
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

function gone({ name, exists }: ProviderCheck, work: string): { why: string; advice: string } {
  return {
    why: "which is no longer on this server",
    advice: exists
      ? `Create ${name} again on its server for the container that has replaced that one (with Docker Compose: docker compose up -d --force-recreate), then ${work}.`
      : `Create that container first, then ${work}.`,
  };
}

function refusal(
  { name, exists }: ProviderCheck,
  needs: string,
  { why, advice }: { why: string; advice: string },
): CommandFailure {
  const left = exists
    ? `: if ${name} stopped, it could not start again, so nothing was changed`
    : "";
  return new CommandFailure("refused", `${needs}, ${why}${left}. ${advice}`);
}
