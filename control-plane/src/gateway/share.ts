/*
 * Agents keep the stream that they have, so a replica that comes back would stay without any. One that has far
 * more than its share gives some away, a few at a time: all that is decided here is how many.
 */

/** How far above its share a replica may be: so much of it, and at least one stream. */
const tolerance = 0.1;
/** Of its streams, how many a replica gives away at a time, and never more than so many. */
const partAtATime = 0.1;
const mostAtATime = 20;

/**
 * How many streams a replica gives away now.
 * @param own how many it holds
 * @param all how many each replica holds that is there, this one included
 */
export function toGiveAway(own: number, all: readonly number[]): number {
  const share = all.reduce((sum, streams) => sum + streams, 0) / Math.max(1, all.length);
  if (own <= share + Math.max(1, share * tolerance)) return 0;
  const above = Math.floor(own - share);
  return Math.min(above, Math.max(1, Math.floor(own * partAtATime)), mostAtATime);
}
