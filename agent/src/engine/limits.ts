/** What the engine is asked for, as far as it matters for how long the answer may take. */
export type RequestKind = keyof typeof requestLimits;

const second = 1_000;
const minute = 60 * second;

/**
 * How long the engine may take for each kind of request, in milliseconds; of an answer that is a
 * stream, until it begins. Every request of the agent is one of these: none is waited for without
 * end, because one container whose shim is stuck lets requests about it hang for ever.
 */
export const requestLimits = {
  /** says that it is there */
  ping: 10 * second,
  /** describes one container, image, network, volume or exec, or the engine itself; begins events */
  look: 10 * second,
  /** all containers, images, networks or volumes: thousands of them on a slow disk */
  list: 30 * second,
  /** begins a log, or gives its last lines: the engine may have to read all of it */
  logs: 30 * second,
  /** creates and starts an exec: the engine waits for the container's shim */
  exec: 30 * second,
  /** which files differ from the image; begins or takes an archive of them */
  files: 5 * minute,
  /** the engine passes the question on to a registry */
  registry: 2 * minute,
  /** begins to report a pull, or loads an image: how long it goes on is its command's own matter */
  pull: 10 * minute,
  /** sums up the disk usage of everything */
  usage: 10 * minute,
  /** removes images that are not used, one after the other */
  prune: 60 * minute,
  /** may copy the image's content to new volumes, or let a plugin make them */
  create: 10 * minute,
  /** mounts volumes, perhaps over the network, and joins networks */
  start: 2 * minute,
  /** a container's own stop timeout may be an hour, as far as the agent promises to wait */
  stop: 61 * minute,
  /** deletes a container's files */
  remove: 10 * minute,
  /** rename, update, pause, tag, connect to a network: what takes the engine itself moments */
  change: 2 * minute,
} as const;

export type RequestLimits = Record<RequestKind, number>;

/** The first row that fits decides. Paths are without API version and query. */
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

/** @param path as it is asked for, with or without API version and query */
export function requestKind(method: string, path: string): RequestKind {
  const plain = path.replace(/^\/v\d+\.\d+(?=\/)/, "").replace(/\?.*$/, "");
  const row = rows.find(([ofMethod, pattern]) => ofMethod === method && pattern.test(plain));
  return row?.[2] ?? "change";
}
