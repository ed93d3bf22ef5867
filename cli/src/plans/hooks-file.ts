import { readYaml } from "../fleet/read-file.ts";
import { planHooksSchema, type SecretReference } from "../fleet/schema.ts";
import { revealEach } from "../fleet/secrets.ts";
import type { Io } from "../io.ts";

/**
 * Reads the hooks of one plan, as the API takes them, from a file. Where an address or the value of a header is
 * a reference, such as `{ env: NAME }`, it is looked up.
 * @param folder what paths of files are relative to
 * @throws {Failure} for what is wrong, with line and column, and for secrets that are not there
 */
export function hooksFrom(
  { text, name, folder }: { text: string; name: string; folder: string },
  env: Io["env"],
) {
  const { data } = readYaml(text, name, planHooksSchema);
  const references = [...data.before, ...data.after].flatMap(({ url, headers }) =>
    [url, ...Object.values(headers)].filter((value) => typeof value !== "string"),
  );
  const reveal = revealEach(references, env, folder);
  const value = (one: string | SecretReference) => (typeof one === "string" ? one : reveal(one));
  const revealed = (hook: (typeof data.before)[number]) => ({
    ...hook,
    url: value(hook.url),
    headers: Object.fromEntries(
      Object.entries(hook.headers).map(([header, one]) => [header, value(one)]),
    ),
  });
  return { before: data.before.map(revealed), after: data.after.map(revealed) };
}
