import { isDeepStrictEqual } from "node:util";
import type { ContainerReport } from "@bridgeport/proto";
import type { Logger } from "../../log.ts";
import { type Engine, engineErrorKind } from "../client.ts";
import type { EngineEvent } from "./events.ts";
import { containerReport, type ImageFacts, imageFacts, unknownImage } from "./report.ts";

export type InventoryChange = { upsert: ContainerReport } | { removedId: string };

export interface InventoryListener {
  /** the first complete picture is there */
  completed(): void;
  changed(change: InventoryChange): void;
}

/** A burst of events about one container is answered by one look at it, this much later. */
const settleMs = 20;
/** Our own replacing of a container is a longer burst, and needs the machine itself. */
const settleWhileChangingMs = 250;
const imageSettleMs = 50;
const inspectsAtOnce = 8;

/**
 * The engine's containers as they are, kept current by looking again at whatever an event names.
 * Each container is looked at by one inspect at a time; an event during it asks for another.
 */
export class Inventory {
  readonly #engine: Engine;
  readonly #isSelf: (containerId: string) => boolean;
  readonly #log: Logger;
  readonly #containers = new Map<string, ContainerReport>();
  readonly #images = new Map<string, Promise<ImageFacts>>();
  readonly #listeners = new Set<InventoryListener>();
  /** containers with a look ahead of them or under way */
  readonly #looks = new Map<string, Look>();
  readonly #waiting: (() => void)[] = [];
  #inspecting = 0;
  #changing = 0;
  #imageTimer: NodeJS.Timeout | null = null;
  #complete = false;

  constructor(engine: Engine, isSelf: (containerId: string) => boolean, log: Logger) {
    this.#engine = engine;
    this.#isSelf = isSelf;
    this.#log = log;
  }

  /** Whether {@link snapshot} has ever been the whole picture. */
  get complete(): boolean {
    return this.#complete;
  }

  /** All containers as last seen. Later changes go to the listeners. */
  snapshot(): ContainerReport[] {
    return [...this.#containers.values()];
  }

  subscribe(listener: InventoryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Looks at every container that the engine has and forgets those it no longer has. Throws if
   * the engine goes away meanwhile. Events may come in at the same time.
   */
  async resync(): Promise<void> {
    const before = [...this.#containers.keys()];
    this.#images.clear();
    const listed = await this.#engine.docker.listContainers({ all: true });
    const present = new Set(listed.map((container) => container.Id));
    for (const id of before) if (!present.has(id)) this.#remove(id);
    await Promise.all([...present].map((id) => this.#look(id, 0)));
    if (this.#complete) return;
    this.#complete = true;
    for (const listener of this.#listeners) listener.completed();
  }

  /** Looks at containers less often while `change` changes some, and at once when it is over. */
  async during<T>(change: () => Promise<T>): Promise<T> {
    this.#changing += 1;
    try {
      return await change();
    } finally {
      this.#changing -= 1;
      if (this.#changing === 0) this.#hurry();
    }
  }

  /** Resolves when everything that events have told so far has been looked at. Never rejects. */
  async settled(): Promise<void> {
    this.#hurry();
    await Promise.allSettled([...this.#looks.values()].map(({ again, done }) => again ?? done));
  }

  get #settleMs(): number {
    return this.#changing > 0 ? settleWhileChangingMs : settleMs;
  }

  #hurry(): void {
    for (const look of this.#looks.values()) look.begin();
  }

  /** Takes notice of an event. */
  noteEvent(event: EngineEvent): void {
    if (event.type === "image") {
      this.#noteImage(event);
      return;
    }
    if (event.action === "destroy") {
      this.#remove(event.id);
      // A look under way may have seen it alive, and would bring it back.
      if (!this.#looks.has(event.id)) return;
    }
    this.#look(event.id, this.#settleMs).catch((error) => this.#noteFailure(event.id, error));
  }

  /** A look that fails for want of an engine is made up for by the next resync. */
  #noteFailure(id: string, error: unknown): void {
    this.#log.debug("Could not look at a container", { container: id, error });
  }

  /** Resolves after a look that began no earlier than this call. */
  #look(id: string, delayMs: number): Promise<void> {
    const current = this.#looks.get(id);
    if (current !== undefined) {
      if (!current.underWay) return current.done;
      const lookAgain = () => this.#look(id, this.#settleMs);
      current.again ??= current.done.then(lookAgain, lookAgain);
      return current.again;
    }
    return this.#startLook(id, delayMs);
  }

  #startLook(id: string, delayMs: number): Promise<void> {
    const look: Look = {
      underWay: false,
      begin: () => undefined,
      again: null,
      done: Promise.resolve(),
    };
    look.done = this.#performLook(id, delayMs, look).finally(() => {
      if (this.#looks.get(id) === look) this.#looks.delete(id);
    });
    this.#looks.set(id, look);
    return look.done;
  }

  async #performLook(id: string, delayMs: number, look: Look): Promise<void> {
    if (delayMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delayMs);
        look.begin = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (this.#inspecting >= inspectsAtOnce) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#inspecting += 1;
    look.underWay = true;
    try {
      const container = await this.#engine.docker.getContainer(id).inspect();
      const image = await this.#image(container.Image);
      this.#put(containerReport(container, image, this.#isSelf(id)));
    } catch (error) {
      const kind = engineErrorKind(error);
      if (kind === "not_found") this.#remove(id);
      else if (kind === "engine") {
        // One container that the engine cannot describe must not hide all others.
        this.#log.warn("The engine does not describe one of its containers", {
          container: id,
          error,
        });
      } else throw error;
    } finally {
      this.#inspecting -= 1;
      this.#waiting.shift()?.();
    }
  }

  #put(report: ContainerReport): void {
    if (isDeepStrictEqual(this.#containers.get(report.id), report)) return;
    this.#containers.set(report.id, report);
    this.#announce({ upsert: report });
  }

  #remove(id: string): void {
    if (this.#containers.delete(id)) this.#announce({ removedId: id });
  }

  #announce(change: InventoryChange): void {
    if (!this.#complete) return;
    for (const listener of this.#listeners) listener.changed(change);
  }

  #image(id: string): Promise<ImageFacts> {
    // A container need not have one, and the engine's path for none is another one.
    if (id === "") return Promise.resolve(unknownImage);
    const known = this.#images.get(id);
    if (known !== undefined) return known;
    const facts = this.#engine.docker
      .getImage(id)
      .inspect()
      .then(imageFacts, (error) => {
        const kind = engineErrorKind(error);
        if (kind === "not_found" || kind === "engine") return unknownImage;
        this.#images.delete(id);
        throw error;
      });
    this.#images.set(id, facts);
    return facts;
  }

  /** Names and digests of an image may have changed; the containers themselves have not. */
  #noteImage(event: EngineEvent): void {
    // A pull names a reference rather than an image, and may give a new name to any image.
    if (event.id.startsWith("sha256:")) this.#images.delete(event.id);
    else this.#images.clear();
    this.#imageTimer ??= setTimeout(() => {
      this.#imageTimer = null;
      this.#refreshImages().catch((error) => {
        this.#log.debug("Could not look at the images again", { error });
      });
    }, imageSettleMs);
  }

  async #refreshImages(): Promise<void> {
    const used = new Set<string>();
    for (const report of this.snapshot()) {
      used.add(report.imageId);
      const image = await this.#image(report.imageId);
      // Whatever was seen of the container while the image was looked at is newer than `report`.
      const latest = this.#containers.get(report.id);
      if (latest?.imageId !== report.imageId) continue;
      this.#put({ ...latest, repoDigests: image.repoDigests, imagePlatform: image.platform });
    }
    for (const id of this.#images.keys()) if (!used.has(id)) this.#images.delete(id);
  }
}

interface Look {
  /** it has begun, so it may miss what happens now */
  underWay: boolean;
  /** begins it now, if it is still waiting for a burst to end */
  begin(): void;
  /** the look after it, where one was asked for */
  again: Promise<void> | null;
  done: Promise<void>;
}
