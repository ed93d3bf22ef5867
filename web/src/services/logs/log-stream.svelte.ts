import { api } from "$lib/api/client.ts";
import { sentence } from "$lib/api/problem.ts";
import { live } from "$lib/live/live.svelte.ts";
import { type Line, LogBuffer, type RawLine } from "./log-buffer.ts";

/** As many lines as the API reads back at once. */
export const mostLines = 5000;

/** The log of one service: its last lines, then each new one as it is written. */
export class LogStream {
  readonly #serviceId: string;
  readonly #buffer = new LogBuffer();
  lines = $state.raw<readonly Line[]>([]);
  dropped = $state(0);
  /** false until the first answer */
  loaded = $state(false);
  /** why there is nothing, or nothing new */
  error = $state<string | null>(null);
  /** the container's output has ended */
  ended = $state(false);
  paused = $state(false);
  #frame = 0;

  constructor(serviceId: string) {
    this.#serviceId = serviceId;
  }

  /** Follows the log until the returned function is called. */
  follow(): () => void {
    const unsubscribe = live.subscribe(`logs:${this.#serviceId}`, ({ event, data }) => {
      if (event === "subscribed") {
        this.ended = false;
        this.#joining = true;
      } else if (event === "lines") this.#received((data as { lines: RawLine[] }).lines);
      else if (event === "end") this.#end((data as { error: string | null }).error);
      else if (event === "error") this.#end((data as { error: string }).error);
    });
    void this.load(500);
    return () => {
      unsubscribe();
      cancelAnimationFrame(this.#frame);
    };
  }
  #joining = true;

  /** Reads the last `tail` lines; what is there already is replaced by them. */
  async load(tail: number): Promise<void> {
    try {
      const { lines } = await api.get("/api/services/{id}/logs", {
        path: { id: this.#serviceId },
        query: { tail },
      });
      const newer = this.#buffer.lines;
      this.#buffer.clear();
      this.#buffer.append(lines);
      // What arrived meanwhile comes after it.
      this.#buffer.join(newer);
      this.error = null;
    } catch (error) {
      this.error = sentence(error);
    }
    this.loaded = true;
    this.#show();
  }

  #received(lines: RawLine[]): void {
    this.error = null;
    this.loaded = true;
    if (this.#joining) this.#buffer.join(lines);
    else this.#buffer.append(lines);
    this.#joining = false;
    this.#show();
  }

  #end(error: string | null): void {
    this.loaded = true;
    this.ended = true;
    this.error = error;
  }

  pause(paused: boolean): void {
    this.paused = paused;
    if (!paused) this.#show();
  }

  /** However many lines arrive, the page is drawn once a frame. */
  #show(): void {
    if (this.paused) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      this.lines = this.#buffer.lines;
      this.dropped = this.#buffer.dropped;
    });
  }
}
