import { type ImageFacts, imageFacts, type Marks } from "./image-facts.ts";
import type { ImageConfig, ImageManifest, Layer } from "./manifest.ts";

/** What an image gives to its containers, in a form that two images can be compared in. */
export interface ImageSettings {
  /** `NAME=value` */
  env: string[];
  entrypoint: string[] | null;
  cmd: string[] | null;
  user: string | null;
  workdir: string | null;
  /** `8080/tcp` */
  exposedPorts: string[];
  /** paths */
  volumes: string[];
  /** `Test`, and the times in nanoseconds */
  healthcheck: Record<string, unknown> | null;
  stopSignal: string | null;
  labels: Record<string, string>;
}

/** One platform of an image: what it is configured with and made of. */
export interface ImageContent {
  platform: string;
  settings: ImageSettings;
  layers: Layer[];
  /** compressed bytes of configuration and layers */
  size: number;
}

/** What is kept of an image beside its digests. */
export interface ImageReading {
  facts: ImageFacts;
  /** null: more than is kept, or there is no platform to go by */
  content: ImageContent | null;
}

/** Contents are a few kB; one that is larger is read from the registry when it is asked for. */
const keptContent = 128 << 10;

/** Puts together what the parts of an image say. */
export function readingOf(parts: {
  platform: string;
  manifest: ImageManifest;
  config: ImageConfig;
  /** of the index's entry and of the index itself */
  indexAnnotations: readonly Marks[];
}): { facts: ImageFacts; content: ImageContent } {
  const { platform, manifest, config } = parts;
  const labels = config.settings.Labels;
  return {
    facts: imageFacts(
      [manifest.annotations, ...parts.indexAnnotations],
      isObject(labels) ? labels : null,
    ),
    content: {
      platform,
      settings: settingsOf(config.settings),
      layers: manifest.layers,
      size: manifest.size,
    },
  };
}

/** Whether a content is small enough to be kept for each of many images. */
export function isKept(content: ImageContent): boolean {
  return sizeOf(content) <= keptContent;
}

/** Characters that a content takes when it is written down. */
export function sizeOf(content: ImageContent): number {
  return JSON.stringify(content).length;
}

/** The settings of a configuration as its image's builder wrote them; what is odd is left out. */
export function settingsOf(config: Record<string, unknown>): ImageSettings {
  const { Labels: labels, Healthcheck: healthcheck } = config;
  return {
    env: texts(config.Env) ?? [],
    entrypoint: texts(config.Entrypoint),
    cmd: texts(config.Cmd),
    user: text(config.User),
    workdir: text(config.WorkingDir),
    exposedPorts: names(config.ExposedPorts),
    volumes: names(config.Volumes),
    healthcheck: isObject(healthcheck) ? healthcheck : null,
    stopSignal: text(config.StopSignal),
    labels: Object.fromEntries(
      Object.entries(isObject(labels) ? labels : {}).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, withoutCredentials(value)]] : [],
      ),
    ),
  };
}

/** A label may hold the address that an image was built from, with the builder's password in it. */
function withoutCredentials(value: string): string {
  return value.replaceAll(/:\/\/[^/?#\s@]+@/g, "://");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** null for an empty list, as it is the same to an engine as none. */
function texts(value: unknown): string[] | null {
  const list = Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  return list.length > 0 ? list : null;
}

function names(value: unknown): string[] {
  return isObject(value) ? Object.keys(value).sort() : [];
}
