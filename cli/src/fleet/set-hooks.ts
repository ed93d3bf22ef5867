import type { Client, Schemas } from "@bridgeport/client";
import { headerField, hookPlace, moments, movesWithHook } from "./hook-fields.ts";
import type { Item } from "./items.ts";
import type { Reveal } from "./secrets.ts";

type Hooks = Schemas["Hooks"];
type Hook = Hooks["before"][number];

/** In the place of a stored value of a header, which stays as it is. */
const stored = "***";

/**
 * Gives an image the hooks that its item has.
 * @param changed the fields that changed: secrets beside these stay as they are stored
 */
export async function setHooks(
  { client, reveal }: { client: Client; reveal: Reveal },
  id: string,
  item: Item,
  changed: readonly string[],
): Promise<void> {
  const path = { id };
  const template = "/api/container-images/{id}/hooks";
  const { hooks: before } = await client.get(template, { path });
  const secretValue = (secret: string, there: string | undefined): string => {
    const isKept =
      there !== undefined && !changed.includes(secret) && !movesWithHook(secret, changed);
    const reference = item.secrets[secret];
    return isKept || !reference ? (there ?? "") : reveal(reference);
  };
  const body: Hooks = { before: [], after: [] };
  for (const moment of moments) {
    for (const name of item.fields[`hooks.${moment}`] as string[]) {
      const hook = hookPlace(moment, name);
      const old = before[moment].find((one) => one.name === name);
      const field = (key: keyof Hook) => item.fields[`${hook}${key}`];
      const headers = (field("headers") as string[]).map((header) => [
        header,
        secretValue(headerField(hook, header), old?.headers[header] && stored),
      ]);
      body[moment].push({
        ...(Object.fromEntries(
          (["method", "body", "timeoutMs"] as const).map((key) => [key, field(key)]),
        ) as Pick<Hook, "method" | "body" | "timeoutMs">),
        name,
        url: (field("url") as string | undefined) ?? secretValue(`${hook}url`, old?.url),
        headers: Object.fromEntries(headers),
      });
    }
  }
  await client.put(template, { path, body });
}
