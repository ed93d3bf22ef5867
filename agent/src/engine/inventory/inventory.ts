import { isDeepStrictEqual } from "node:util";
import type { ContainerReport } from "@bridgeport/proto";
import type { Logger } from "../../log.ts";
import { type Engine, engineErrorKind } from "../client.ts";
import { type Followed, type ListedContainer, listByEvents } from "../container/listing.ts";
import { forgetRun, runningForMs } from "../container/runs.ts";
import { forgetContainer, noteContainer, noteUnknown } from "../container/survey.ts";
import { type ContainerInspection, describeContainer, inspectImage } from "../inspection.ts";
import type { EngineEvent } from "./events.ts";
import { type LookOutcome, Looks, type LooksTiming } from "./looks.ts";
import {
  containerReport,
  type ImageFacts,
  imageFacts,
  listedReport,
  ofImage,
  unknownImage,
  unknownNow,
} from "./report.ts";

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
/** A socket may take 50 ms for each answer, and an engine have a thousand containers. */
const looksAtOnce = { containers: 32, images: 8 };

/**
 * The engine's containers as they are, kept current by looking again at whatever an event names.
 * One that the engine cannot describe is shown by what the list says of it, as unknown, until it can.
 */
export class Inventory {
  readonly #engine: Engine;
  readonly #isSelf: (containerId: string) => boolean;
  readonly #log: Logger;
  readonly #containers = new Map<string, ContainerReport>();
  readonly #images = new Map<string, ImageFacts>();
  readonly #listeners = new Set<InventoryListener>();
  readonly #containerLooks: Looks;
  readonly #imageLooks: Looks;
  #changing = 0;
  #complete = false;
  #follows = false;

  constructor(
    engine: Engine,
    isSelf: (containerId: string) => boolean,
    log: Logger,
    timing: Partial<LooksTiming> = {},
  ) {
    this.#engine = engine;
    this.#isSelf = isSelf;
    this.#log = log;
    listByEvents(engine, () => this.#followed());
    // A look that fails for want of an engine is made up for by the next resync.
    const failed = (id: string, error: unknown) => log.debug("A look failed", { id, error });
    this.#containerLooks = new Looks({
      look: (id) => this.#lookAtContainer(id),
      // What is known already stays until the look has failed.
      slow: async (id) => {
        if (!this.#containers.has(id)) await this.#putAsListed(id);
      },
      failed,
      atOnce: looksAtOnce.containers,
      timing,
    });
    this.#imageLooks = new Looks({
      look: (id) => this.#lookAtImage(id),
      failed,
      atOnce: looksAtOnce.images,
      timing,
    });
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
    await Promise.all([...present].map((id) => this.#containerLooks.at(id, 0)));
    this.#follows = true;
    if (this.#complete) return;
    this.#complete = true;
    for (const listener of this.#listeners) listener.completed();
  }

  /** The event stream is over: what happens from now on is not known until the next {@link resync}. */
  unfollowed(): void {
    this.#follows = false;
  }

  /** Looks at containers less often while `change` changes some, and at once when it is over. */
  async during<T>(change: () => Promise<T>): Promise<T> {
    this.#changing += 1;
    try {
      return await change();
    } finally {
      this.#rest();
    }
  }

  /** A part of what is done {@link during} a change in which nothing is changed, such as a wait. */
  async apart<T>(wait: () => Promise<T>): Promise<T> {
    this.#rest();
    try {
      return await wait();
    } finally {
      this.#changing += 1;
    }
  }

  #rest(): void {
    this.#changing -= 1;
    if (this.#changing === 0) this.#containerLooks.hurry();
  }

  /** Resolves when everything that events have told so far has been looked at. Never rejects. */
  async settled(): Promise<void> {
    await this.#containerLooks.settled();
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
      if (!this.#containerLooks.has(event.id)) return;
    }
    this.#containerLooks.request(event.id, this.#changing > 0 ? settleWhileChangingMs : settleMs);
  }

  async #lookAtContainer(id: string): Promise<LookOutcome> {
    let container: ContainerInspection;
    try {
      container = await describeContainer(this.#engine, id);
    } catch (error) {
      return await this.#notDescribed(id, error);
    }
    noteContainer(this.#engine, container);
    runningForMs(this.#engine, container);
    const image = await this.#image(container.Image);
    this.#put(containerReport(container, image, this.#isSelf(id)));
    return "seen";
  }

  async #notDescribed(id: string, error: unknown): Promise<LookOutcome> {
    const kind = engineErrorKind(error);
    if (kind === "not_found") {
      this.#remove(id);
      return "seen";
    }
    if (kind !== "engine" && kind !== "silent") throw error;
    noteUnknown(this.#engine, id);
    this.#log.warn("The engine does not describe one of its containers", { container: id, error });
    await this.#putAsListed(id);
    return "unknown";
  }

  /** Shows a container that cannot be looked at by what the engine's list says of it. */
  async #putAsListed(id: string): Promise<void> {
    const known = this.#containers.get(id);
    const filters = { id: [id] };
    const [listed] = await this.#engine.docker.listContainers({ all: true, filters });
    // What was seen of it meanwhile is more than this.
    if (this.#containers.get(id) !== known) return;
    if (listed === undefined) this.#remove(id);
    else if (known !== undefined) this.#put(unknownNow(known, listed));
    else {
      const image = await this.#image(listed.ImageID);
      if (!this.#containers.has(id)) this.#put(listedReport(listed, image, this.#isSelf(id)));
    }
  }

  #put(report: ContainerReport): void {
    if (isDeepStrictEqual(this.#containers.get(report.id), report)) return;
    this.#containers.set(report.id, report);
    this.#announce({ upsert: report });
  }

  #remove(id: string): void {
    this.#containerLooks.forget(id);
    forgetRun(this.#engine, id);
    forgetContainer(this.#engine, id);
    const imageId = this.#containers.get(id)?.imageId;
    if (!this.#containers.delete(id)) return;
    this.#announce({ removedId: id });
    if (imageId === undefined || this.snapshot().some((other) => other.imageId === imageId)) return;
    this.#images.delete(imageId);
    this.#imageLooks.forget(imageId);
  }

  #followed(): Followed | null {
    if (!this.#follows) return null;
    const reports = this.snapshot();
    const undescribed = reports.filter(({ state }) => state === "unknown").map(({ id }) => id);
    const newest = reports.reduce<ContainerReport | null>(
      (last, report) => (last !== null && last.createdAt > report.createdAt ? last : report),
      null,
    );
    return {
      containers: reports.map(listedContainer),
      uncertain: new Set([...this.#containerLooks.ids(), ...undescribed]),
      newestId: newest?.id ?? null,
    };
  }

  #announce(change: InventoryChange): void {
    if (!this.#complete) return;
    for (const listener of this.#listeners) listener.changed(change);
  }

  /** What is known of an image; where it is not known yet, what a look in time tells. */
  async #image(id: string): Promise<ImageFacts> {
    // A container need not have one, and the engine's path for none is another one.
    if (id === "") return unknownImage;
    if (!this.#images.has(id)) await this.#imageLooks.join(id);
    return this.#images.get(id) ?? unknownImage;
  }

  async #lookAtImage(id: string): Promise<LookOutcome> {
    let outcome: LookOutcome = "seen";
    let facts = unknownImage;
    try {
      const image = await inspectImage(this.#engine, id);
      if (image !== null) facts = imageFacts(image);
    } catch (error) {
      const kind = engineErrorKind(error);
      if (kind !== "engine" && kind !== "silent") throw error;
      outcome = "unknown";
      facts = this.#images.get(id) ?? unknownImage;
    }
    this.#images.set(id, facts);
    for (const report of this.snapshot()) {
      if (report.imageId === id) this.#put({ ...report, ...ofImage(facts) });
    }
    return outcome;
  }

  /** Names and digests of an image may have changed; the containers themselves have not. */
  #noteImage(event: EngineEvent): void {
    // A pull names a reference rather than an image, and may give a new name to any image.
    const changed = event.id.startsWith("sha256:") ? [event.id] : [...this.#images.keys()];
    for (const id of changed) {
      if (!this.#images.has(id) && !this.#imageLooks.has(id)) continue;
      this.#imageLooks.request(id, imageSettleMs);
    }
  }
}

function listedContainer({ id, name, state, imageId, ports }: ContainerReport): ListedContainer {
  return {
    ...{ id, name, imageId, running: state === "running" || state === "paused" },
    ports: ports.flatMap(({ hostPort: port, hostIp: ip, protocol }) =>
      port === null ? [] : [{ ip: ip ?? "", port, protocol }],
    ),
  };
}
