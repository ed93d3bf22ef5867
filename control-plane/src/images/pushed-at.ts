/** Docker images are younger than this; what claims to be older was built to be reproducible. */
const firstBelievable = Date.parse("2013-01-01T00:00:00Z");
/** clocks differ */
const aheadMs = 10 * 60_000;

/**
 * When a digest was pushed: what the registry says, else when the image was built, else when it
 * was first seen. A build date of 1970, of a reproducible build's epoch, or in the future says
 * nothing. All in epoch milliseconds; null: unknown.
 */
export function pushedAt(known: {
  registry: number | null;
  created: number | null;
  firstSeen: number;
}): number {
  const believable = (time: number | null): time is number =>
    time !== null && time >= firstBelievable && time <= known.firstSeen + aheadMs;
  if (believable(known.registry)) return known.registry;
  if (believable(known.created)) return known.created;
  return known.firstSeen;
}
