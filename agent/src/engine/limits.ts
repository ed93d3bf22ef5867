/** Kinds of requests to the engine, by how long the answer may take. */
export type RequestKind = keyof typeof requestLimits;

const second = 1_000;
const minute = 60 * second;

/**
 * How long the engine may take for each kind of request, in milliseconds; where the answer is a stream,
 * until it begins. Every request of the agent has a limit, because requests for one container whose shim
 * is stuck would hang forever.
 */
export const requestLimits = {
  /** checks that the engine answers */
  ping: 10 * second,
  /** describes one container, image, network, volume or exec, or the engine itself; begins events */
  look: 10 * second,
  /** all containers, images, networks or volumes: thousands of them on a slow disk */
  list: 30 * second,
  /** begins a log, or gives its last lines: the engine may have to read all of it */
  logs: 30 * second,
  /** creates and starts an exec: the engine waits for the container's shim */
  exec: 30 * second,
  /** lists files that differ from the image; downloads or uploads an archive of files */
  files: 5 * minute,
  /** the engine asks a registry */
  registry: 2 * minute,
  /** begins to report a pull, or loads an image; the whole pull is limited by its command's deadline */
  pull: 10 * minute,
  /** sums up the disk usage of everything */
  usage: 10 * minute,
  /** removes images that are not used, one after the other */
  prune: 60 * minute,
  /** may copy the image's content to new volumes, or have a plugin create them */
  create: 10 * minute,
  /** mounts volumes, perhaps over the network, and joins networks */
  start: 2 * minute,
  /** a container's own stop timeout may be up to an hour */
  stop: 61 * minute,
  /** deletes a container's files */
  remove: 10 * minute,
  /** rename, update, pause, tag, connect to a network: changes that the engine makes quickly */
  change: 2 * minute,
} as const;

export type RequestLimits = Record<RequestKind, number>;

/** The first row that matches decides. Paths have neither API version nor query. */
const rows: readonly (readonly [method: string, path: RegExp, kind: RequestKind])[] = [
  ["GET", /^\/_ping$/, "ping"],
  ["GET", /^\/(containers|images|networks|volumes)(\/json)?$/, "list"],
  ["GET", /^\/containers\/[^/]+\/logs$/, "logs"],
  ["GET", /^\/containers\/[^/]+\/(archive|changes|export)$/, "files"],
  ["HEAD", /^\/containers\/[^/]+\/archive$/, "files"],
  ["PUT", /^\/containers\/[^/]+\/archive$/, "files"],
  ["GET", /^\/system\/df$/, "usage"],
  ["GET", /^\/distribution\//, "registry"],
  ["GET", /^/, "look"],
  ["HEAD", /^/, "look"],
  ["POST", /^\/images\/(create|load)$/, "pull"],
  ["POST", /^\/(containers|images|networks|volumes|build)\/prune$/, "prune"],
  ["POST", /^\/containers\/create$/, "create"],
  ["POST", /^\/containers\/[^/]+\/start$/, "start"],
  ["POST", /^\/containers\/[^/]+\/(stop|restart|wait|kill)$/, "stop"],
  ["POST", /^\/containers\/[^/]+\/(exec|attach)$/, "exec"],
  ["POST", /^\/exec\//, "exec"],
  ["DELETE", /^/, "remove"],
];

/** @param path as it is requested, with or without API version and query */
export function requestKind(method: string, path: string): RequestKind {
  const [plain = ""] = path.replace(/^\/v\d+\.\d+(?=\/)/, "").split("?", 1);
  const row = rows.find(([ofMethod, pattern]) => ofMethod === method && pattern.test(plain));
  return row?.[2] ?? "change";
}
