import { posix } from "node:path";
import type { ContainerInspection, HostConfig, MountPoint } from "../inspection.ts";

/** A volume that the engine made and named by itself, for a path in the container. */
export interface AnonymousVolume {
  name: string;
  destination: string;
  /** options of a bind, such as `ro` or `z`; empty: none */
  mode: string;
}

/**
 * The volumes of a container that no setting names: made for `-v /path`, a mount without a source,
 * or the image's VOLUME. Those that come from `--volumes-from` belong to `elsewhere`, names of volumes.
 */
export function anonymousVolumes(
  container: Pick<ContainerInspection, "HostConfig" | "Mounts">,
  elsewhere: ReadonlySet<string> = new Set(),
): AnonymousVolume[] {
  const named = new Set<string>();
  for (const bind of container.HostConfig.Binds ?? []) {
    const destination = bind.split(":")[1];
    if (destination !== undefined) named.add(cleanPath(destination));
  }
  for (const mount of container.HostConfig.Mounts ?? []) {
    if (mount.Type !== "volume" || mount.Source) named.add(cleanPath(mount.Target));
  }
  // The engine tells them in any order.
  const mounts = (container.Mounts ?? []).toSorted((a, b) =>
    a.Destination < b.Destination ? -1 : 1,
  );
  return mounts.flatMap((mount) => {
    const name = volumeNameOf(mount);
    if (name === null || elsewhere.has(name) || named.has(cleanPath(mount.Destination))) return [];
    const options = new Set((mount.Mode ?? "").split(",").filter((option) => option !== ""));
    if (mount.RW === false) options.add("ro");
    return [{ name, destination: mount.Destination, mode: [...options].join(",") }];
  });
}

/**
 * The name of the volume of a mount; null where it is none. Docker 28 leaves the name out where only
 * the API's bind without a source made the volume: then it is in the path of the volume's data.
 */
export function volumeNameOf({
  Type: type,
  Name: name,
  Source: source,
}: MountPoint): string | null {
  if (type !== "volume") return null;
  return name || (/\/volumes\/([^/]+)\/_data$/.exec(source ?? "")?.[1] ?? null);
}

/** The same HostConfig with these volumes bound by name: as the source of their mount, or as a bind. */
export function bindByName(
  hostConfig: HostConfig,
  volumes: readonly AnonymousVolume[],
): HostConfig {
  if (volumes.length === 0) return hostConfig;
  const rest = new Map(volumes.map((volume) => [cleanPath(volume.destination), volume]));
  const mounts = (hostConfig.Mounts ?? []).map((mount) => {
    const target = cleanPath(mount.Target);
    const volume = mount.Type === "volume" && !mount.Source ? rest.get(target) : undefined;
    if (volume === undefined) return mount;
    rest.delete(target);
    return { ...mount, Source: volume.name };
  });
  const binds = [...rest.values()].map(({ name, destination, mode }) =>
    mode === "" ? `${name}:${destination}` : `${name}:${destination}:${mode}`,
  );
  // The API also takes a bare path for an anonymous volume, which is the very thing that gets a name.
  const named = (hostConfig.Binds ?? []).filter((bind) => !rest.has(cleanPath(bind)));
  return {
    ...hostConfig,
    ...(hostConfig.Mounts ? { Mounts: mounts } : {}),
    ...(binds.length > 0 ? { Binds: [...named, ...binds] } : {}),
  };
}

function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}
