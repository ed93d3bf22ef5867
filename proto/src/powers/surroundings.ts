/** What has to be known of other things on the host. */
export interface Surroundings {
  /** the lasting name of a container by id or name */
  nameOf(container: string): string;
  /** named volumes that have options, by name */
  volumes: ReadonlyMap<string, VolumeOptions>;
  /** names of containers that live in the host's network; null: not known, so any may */
  hostNetworked: ReadonlySet<string> | null;
}

/** No other container lives in the host's network, and no volume has options. */
export const nowhere: Surroundings = {
  nameOf: (container) => container,
  volumes: new Map(),
  hostNetworked: new Set(),
};

/** Any other container may live in the host's network; of volumes nothing can be said. */
export const unknownHost: Surroundings = { ...nowhere, hostNetworked: null };

/** A volume's driver and options, as the engine tells them or a mount asks for them. */
export interface VolumeOptions {
  driver: string;
  options: Readonly<Record<string, unknown>>;
}
