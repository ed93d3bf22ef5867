/** Kinds of work that do not wait for each other's slots. */
export type Lane = "change" | "pull" | "watch";

/** How many of each lane run at once. */
export type LaneLimits = Readonly<Record<Lane, number>>;

/** What a machine can do, and what it does at this moment. */
export interface Machine {
  cores: number;
  /** processes that run or want to, on average over the last minute, as the kernel counts them */
  load: number;
}

const changesPerCore = 4;
const mostChanges = 32;
const fewestChanges = 2;
/** More than that wanting to run on each core, and another start only makes all of them slower. */
const busyPerCore = 6;

/**
 * Limits for a machine. A change mostly waits for the engine, which uses a good part of a core while
 * it starts or stops a container; so it is some changes for each core, and half as many where the
 * machine is busy with other things already. Watching is waiting: it costs a timer and a request.
 */
export function laneLimits({ cores, load }: Machine): LaneLimits {
  const isBusy = load > busyPerCore * cores;
  const change = Math.floor((cores * changesPerCore) / (isBusy ? 2 : 1));
  return {
    change: Math.min(Math.max(change, fewestChanges), mostChanges),
    pull: 4,
    watch: 64,
  };
}
