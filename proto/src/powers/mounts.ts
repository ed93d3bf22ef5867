import type { Power } from "./power.ts";
import type { Surroundings, VolumeOptions } from "./surroundings.ts";
import {
  canonical,
  entriesOf,
  isObject,
  type Settings,
  says,
  textOf,
  textsOf,
  valueText,
} from "./values.ts";

/** Which paths of the host a container's configuration mounts, and which named volumes. */

/** What a text for a bind mount names: a volume, if it is a volume's name. */
const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Names of the volumes that are mounted. */
export function volumesOf(host: Settings): string[] {
  const ofBinds = host
    .readings("Binds")
    .flatMap(textsOf)
    .flatMap((bind) => {
      const [source = "", target] = bind.split(":");
      return target !== undefined && volumeName.test(source) ? [source] : [];
    });
  const ofMounts = host
    .readings("Mounts")
    .flatMap(entriesOf)
    .flatMap((mount) => {
      const { Type, Source } = Object(mount);
      return Type === "volume" && typeof Source === "string" && Source !== "" ? [Source] : [];
    });
  return [...new Set([...ofBinds, ...ofMounts])];
}

export function mountsOf(
  host: Settings,
  { volumes, nameOf }: Pick<Surroundings, "volumes" | "nameOf">,
): Power[] {
  const byVolume = (name: string, options: readonly string[]): string[] => {
    const volume = volumes.get(name);
    const path = volume === undefined ? null : hostPathOf(volume);
    return path === null ? [] : [mountText(path, options)];
  };
  const ofBinds = host
    .readings("Binds")
    .flatMap(textsOf)
    .flatMap((bind) => bindTexts(bind, byVolume));
  const ofMounts = host
    .readings("Mounts")
    .flatMap(entriesOf)
    .flatMap((mount) => mountTexts(mount, byVolume) ?? [valueText(canonical(mount))]);
  const ofOthers = host
    .readings("VolumesFrom")
    .flatMap(textsOf)
    .map((entry) => {
      const [container = "", mode] = entry.split(":");
      return `volumes-from=${nameOf(container)}${mode === "ro" ? ":ro" : ""}`;
    });
  return [...ofBinds, ...ofMounts, ...ofOthers].map((value) => ({ rule: "mounts", value }));
}

type ByVolume = (name: string, options: readonly string[]) => string[];

function bindTexts(bind: string, byVolume: ByVolume): string[] {
  const [source = "", target, options = "", ...more] = bind.split(":");
  // A bare path is an anonymous volume.
  if (target === undefined) return source.startsWith("/") ? [] : [valueText(bind)];
  const words = [options, ...more].join(",").split(",");
  return volumeName.test(source) ? byVolume(source, words) : [mountText(source, words)];
}

/** The fields of a mount; the engine takes others in any spelling, so one that is not here counts. */
const fields = new Set(
  "Type Source Target ReadOnly Consistency BindOptions VolumeOptions TmpfsOptions ImageOptions ClusterOptions".split(
    " ",
  ),
);

/** null: it has something that is not known here, so it counts as a whole. */
function mountTexts(mount: unknown, byVolume: ByVolume): string[] | null {
  if (!isObject(mount) || Object.keys(mount).some((key) => !fields.has(key))) return null;
  const { Type, Source, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions } = mount;
  const options = ReadOnly === true ? ["ro"] : [];
  if (Type === "bind") {
    if (!isOf(BindOptions, ["Propagation", ...bindOptions])) return null;
    const { Propagation } = Object(BindOptions);
    const words = says(Propagation) ? [...options, textOf(Propagation)] : options;
    return [mountText(textOf(Source ?? ""), words)];
  }
  if (Type === "tmpfs") return says(VolumeOptions) || says(BindOptions) ? null : [];
  if (Type !== "volume" || says(BindOptions) || says(TmpfsOptions)) return null;
  if (!isOf(VolumeOptions, volumeOptions)) return null;
  const { DriverConfig } = Object(VolumeOptions);
  if (!isOf(DriverConfig, ["Name", "Options"])) return null;
  const { Name, Options } = Object(DriverConfig);
  const made: VolumeOptions = {
    driver: textOf(Name ?? ""),
    options: typeof Options === "object" ? { ...Options } : says(Options) ? { Options } : {},
  };
  const path = hostPathOf(made) ?? (isLocal(made) ? null : `driver=${made.driver}`);
  const named = typeof Source === "string" && Source !== "" ? byVolume(Source, options) : [];
  return [...(path === null ? [] : [mountText(path, options)]), ...named];
}

const bindOptions =
  "NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive".split(" ");
const volumeOptions = ["NoCopy", "Labels", "DriverConfig", "Subpath"];

/** Whether a value is absent, or a mapping of these keys alone. */
function isOf(value: unknown, keys: readonly string[]): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).every((key) => keys.includes(key));
}

const isLocal = ({ driver }: VolumeOptions): boolean => driver === "" || driver === "local";

/** File systems of which a volume shows nothing of this host. */
const remote = new Set(["tmpfs", "nfs", "nfs4", "cifs", "smb3"]);
const bindWords = new Set(["bind", "rbind", "move", "remount"]);

/** What of the host a local volume shows, by its options; null: only its own data. */
function hostPathOf(volume: VolumeOptions): string | null {
  const { options } = volume;
  if (!isLocal(volume) || Object.keys(options).length === 0) return null;
  const { type, o, device } = options;
  const isKnown = Object.keys(options).every((key) =>
    ["type", "o", "device", "size"].includes(key),
  );
  const binds = textOf(o ?? "")
    .split(",")
    .some((word) => bindWords.has(word.trim()));
  if (isKnown && !binds && remote.has(textOf(type ?? ""))) return null;
  // Of a size alone nothing is mounted.
  if (isKnown && !says(type) && !says(device) && !says(o)) return null;
  // An overlay names its directories elsewhere.
  const isPath =
    isKnown && typeof device === "string" && device.startsWith("/") && type !== "overlay";
  return isPath ? device : canonical(options);
}

const propagations = new Set(["shared", "rshared", "slave", "rslave"]);

/** A path with what of its options matters to the host, as the policy file has it. */
function mountText(path: string, options: readonly string[]): string {
  const plain = withoutEndSlash(path);
  // A colon separates the options, so a path that has one must not look like a path with options.
  const source =
    plain.startsWith("/") && !plain.includes(":") ? plain : valueText(JSON.stringify(plain));
  const said = new Set(options);
  const words = [
    ...(said.has("ro") && !said.has("rw") ? ["ro"] : []),
    ...[...propagations].filter((word) => said.has(word)),
  ];
  return words.length === 0 ? source : `${source}:${words.join(",")}`;
}

function withoutEndSlash(path: string): string {
  const single = path.replace(/\/{2,}/g, "/");
  return single.length > 1 && single.endsWith("/") ? single.slice(0, -1) : single;
}
