import type { Client, Schemas } from "@bridgeport/client";
import { Failure } from "../exit.ts";
import type { Io } from "../io.ts";
import { printable } from "../terminal/text.ts";
import { pick } from "./named.ts";

export type Environment = Schemas["Environment"];
export type Image = Schemas["ContainerImage"];
export type Digest = Schemas["ImageDigest"];
export type Service = Schemas["Service"];
export type Server = Schemas["Server"];
export type { Plan } from "@bridgeport/client";

/**
 * The environment that is meant: the option, BRIDGEPORT_ENVIRONMENT, the context's own, or the only one.
 * @throws {Failure} when it is not there, or several might be meant
 */
export async function findEnvironment(
  client: Client,
  wanted: string | undefined,
  io: Io,
  ofContext: string | null,
): Promise<Environment> {
  const all = await client.everyRow("/api/environments", "environments");
  // An empty variable says nothing; an empty option is a mistake, not every environment there is.
  const text = wanted ?? (io.env.BRIDGEPORT_ENVIRONMENT || ofContext);
  if (text !== null && text !== undefined) {
    return pick(
      "environment",
      text,
      all.map((one) => ({ value: one, label: one.name, id: one.id })),
    );
  }
  const [only] = all;
  if (only && all.length === 1) return only;
  if (!only) throw new Failure("There is no environment that you may use.");
  const names = all.map(({ name }) => printable(name)).join(", ");
  throw new Failure(
    `Which environment? Add -e with one of these, or set BRIDGEPORT_ENVIRONMENT: ${names}.`,
  );
}

/** By id, image name, name, or the last parts of the image name, such as `web` for ghcr.io/shop/web. */
export async function findImage(client: Client, env: Environment, text: string): Promise<Image> {
  const all = await client.everyRow("/api/environments/{envId}/container-images", "images", {
    path: { envId: env.id },
  });
  return pick(
    "image",
    text,
    all.map((one) => ({
      value: one,
      label: one.imageName,
      id: one.id,
      aliases: [...new Set([one.name, ...ends(one.imageName)])],
    })),
    ` in ${env.name}`,
  );
}

function ends(imageName: string): string[] {
  const parts = imageName.split("/");
  return parts.slice(1).map((_, index) => parts.slice(index + 1).join("/"));
}

/** By id, whole digest, the first 6 characters of it or more, or a tag that it has now. */
export async function findDigest(client: Client, image: Image, text: string): Promise<Digest> {
  const all = await client.everyRow("/api/container-images/{id}/digests", "digests", {
    path: { id: image.id },
  });
  const hex = text.replace(/^sha256:/, "");
  const byStart = /^[0-9a-f]{6,64}$/.test(hex)
    ? all.filter(({ manifestDigest }) => manifestDigest.startsWith(`sha256:${hex}`))
    : [];
  if (byStart.length === 1 && byStart[0]) return byStart[0];
  return pick(
    "digest",
    text,
    all.map((one) => ({
      value: one,
      label: one.manifestDigest,
      id: one.id,
      aliases: [...one.tags, ...(byStart.includes(one) ? [text] : [])],
    })),
    ` of ${image.imageName}`,
  );
}

/** By id, `server/name`, name or container's name. */
export async function findService(
  client: Client,
  env: Environment,
  text: string,
  all?: Service[],
): Promise<Service> {
  const rows = all ?? (await everyService(client, env));
  return pick(
    "service",
    text,
    rows.map((one) => ({
      value: one,
      label: `${one.server.name}/${one.name}`,
      id: one.id,
      aliases: [...new Set([one.name, one.containerName])],
    })),
    ` in ${env.name}`,
  );
}

export function everyService(client: Client, env: Environment): Promise<Service[]> {
  return client.everyRow("/api/environments/{envId}/services", "services", {
    path: { envId: env.id },
  });
}

/** By id or name. */
export async function findServer(client: Client, env: Environment, text: string): Promise<Server> {
  const all = await client.everyRow("/api/environments/{envId}/servers", "servers", {
    path: { envId: env.id },
  });
  return pick(
    "server",
    text,
    all.map((one) => ({ value: one, label: one.name, id: one.id })),
    ` in ${env.name}`,
  );
}
