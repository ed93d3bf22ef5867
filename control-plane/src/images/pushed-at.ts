/** Docker images are younger than this; what claims to be older was built to be reproducible. */
const firstBelievable = Date.parse("2013-01-01T00:00:00Z");
/** clocks differ */
const aheadMs = 10 * 60_000;

/**
 * When a digest was pushed: what the registry says, else when the image was built. A build date of
 * 1970, of a reproducible build's epoch, or in the future says nothing. All in epoch milliseconds.
 *
 * @returns null when that is not known: then it counts from when it was first seen
 */
export function pushedAt(known: {
  registry: number | null;
  created: number | null;
  now: number;
}): number | null {
  const believable = (time: number | null) =>
    time !== null && time >= firstBelievable && time <= known.now + aheadMs ? time : null;
  return believable(known.registry) ?? believable(known.created);
}
