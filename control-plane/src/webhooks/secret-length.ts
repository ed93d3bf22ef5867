import type { PushSecrets } from "../config.ts";
import { pushSources } from "./push-sources.ts";

/** How many characters a new secret has at least: fewer can be guessed from one signed message. */
export const shortestSecret = 16;

/** The variables whose secrets are shorter. They go on working, as their senders already have them. */
export function shortSecrets(secrets: {
  webhookSecret: string | null;
  pushSecrets: PushSecrets;
}): string[] {
  const { registry, ...vendors } = pushSources;
  const all: [string, string | null][] = [
    [registry.variable, secrets.webhookSecret],
    ...Object.entries(secrets.pushSecrets).map(([name, secret]): [string, string | null] => [
      vendors[name as keyof typeof vendors].variable,
      secret,
    ]),
  ];
  return all.flatMap(([variable, secret]) =>
    secret !== null && secret.length < shortestSecret ? [variable] : [],
  );
}
