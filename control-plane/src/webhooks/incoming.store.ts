import type { Sql } from "../database/connection.ts";
import { recordEvents } from "../events/events.store.ts";
import type { PushSourceName } from "./push-sources.ts";

/** A service as another program may name it. */
export interface NamedService {
  id: string;
  name: string;
  containerName: string;
  containerImageId: string;
  imageTag: string | null;
  serverName: string;
}

/**
 * The environment's services of a name: by their id, else their own name or their container's. These
 * two count alike: what an agent reports must not take the place of what was meant before.
 * @param server the name of the server, where one is given
 */
export async function servicesNamed(
  sql: Sql,
  environmentId: string,
  name: string,
  server: string | null,
): Promise<NamedService[]> {
  const rows = await sql<(NamedService & { rank: number })[]>`
    select v.id, v.name, v.container_name, v.container_image_id, v.image_tag,
      s.name as server_name,
      case when v.id::text = lower(${name}) then 1 else 2 end as rank
    from services v join servers s on s.id = v.server_id
    where v.environment_id = ${environmentId}
      and (v.id::text = lower(${name}) or v.name = ${name} or v.container_name = ${name})
      and (${server}::text is null or lower(s.name) = lower(${server}))
    order by s.name, v.name, v.id`;
  const best = Math.min(...rows.map(({ rank }) => rank));
  return rows.filter(({ rank }) => rank === best);
}

/** An image somewhere that is linked to a registry. */
export interface SubscribedImage {
  id: string;
  environmentId: string;
  /** as it is compared, with its domain */
  normalizedName: string;
  registryUrl: string;
}

/** Images of exactly this name, in every environment. */
export async function imagesNamed(sql: Sql, normalizedName: string): Promise<SubscribedImage[]> {
  return sql<SubscribedImage[]>`
    select i.id, i.environment_id, i.normalized_name, r.registry_url
    from container_images i join registries r on r.id = i.registry_id
    where i.normalized_name = ${normalizedName} order by i.id`;
}

/** Images whose path in whatever registry is one of these, or one of `below` after one component. */
export async function imagesWithPath(
  sql: Sql,
  { exact, below }: { exact: string[]; below: string[] },
): Promise<SubscribedImage[]> {
  if (exact.length + below.length === 0) return [];
  return sql<SubscribedImage[]>`
    select i.id, i.environment_id, i.normalized_name, r.registry_url
    from container_images i join registries r on r.id = i.registry_id,
      lateral (select substr(i.normalized_name, strpos(i.normalized_name, '/') + 1) as path) p
    where p.path = any(${exact}::text[])
      or substr(p.path, strpos(p.path, '/') + 1) = any(${below}::text[])
    order by i.id`;
}

/** Notes that something was pushed for these images: they are checked in the background. */
export async function notePushes(
  sql: Sql,
  images: Pick<SubscribedImage, "id" | "environmentId">[],
  source: PushSourceName,
): Promise<void> {
  const subjects = images.map(({ id, environmentId }) => ({ id, environmentId }));
  await recordEvents(sql, "image.pushed", subjects, { source });
}
