import { keepNewest } from "./bounded.ts";

const knownOrigins = 1000;
const rememberedMs = 24 * 3_600_000;
/** What hosts that do not serve HEAD of a manifest say to it; 404 may also be true. */
const refusals = new Set([400, 403, 404, 405, 501]);

/** Whether an answer to HEAD may be the host's way not to serve HEAD, so that GET has to tell. */
export function mayRefuseHead(status: number): boolean {
  return refusals.has(status);
}

/**
 * Which hosts answer HEAD of a manifest. One that refused it and then answered GET is asked by GET
 * alone for a day; where HEAD ever worked, a refusal concerns that one manifest.
 */
export class HeadSupport {
  readonly #known = new Map<string, "works" | { refusedUntil: number }>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  isRefused(origin: string): boolean {
    const known = this.#known.get(origin);
    return known !== undefined && known !== "works" && known.refusedUntil > this.#clock();
  }

  worked(origin: string): void {
    if (this.#known.get(origin) !== "works") keepNewest(this.#known, origin, "works", knownOrigins);
  }

  /** HEAD was refused where GET was answered. */
  refused(origin: string): void {
    if (this.#known.get(origin) === "works") return;
    const refusedUntil = this.#clock() + rememberedMs;
    keepNewest(this.#known, origin, { refusedUntil }, knownOrigins);
  }
}
