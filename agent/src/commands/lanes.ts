/** Kinds of work, each with a limit of its own. */
export type Lane = "change" | "pull" | "watch";

/** How many commands of each lane run in parallel. */
export type LaneLimits = Readonly<Record<Lane, number>>;

/** A machine's capacity and its present load. */
export interface Machine {
  cores: number;
  /** processes that run or want to, on average over the last minute, as the kernel counts them */
  load: number;
}

const changesPerCore = 4;
const maxChanges = 32;
const minChanges = 2;
/** From this load for each core on, one more change in parallel only makes the others slower. */
const busyLoadPerCore = 6;

/**
 * Limits for a machine. A change mostly waits for the engine, which uses a good part of a core while
 * it starts or stops a container: so a few changes run on each core, and half as many where the
 * machine is busy already. Watching is mostly waiting and uses little of the machine.
 */
export function laneLimits({ cores, load }: Machine): LaneLimits {
  const isBusy = load > busyLoadPerCore * cores;
  const change = Math.floor((cores * changesPerCore) / (isBusy ? 2 : 1));
  return {
    change: Math.min(Math.max(change, minChanges), maxChanges),
    pull: 4,
    watch: 64,
  };
}
