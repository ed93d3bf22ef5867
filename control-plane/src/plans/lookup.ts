import type { Snapshot, SnapshotService, SnapshotStep } from "./plan.ts";

/*
 * What is asked of a snapshot for each of its steps is made once: a plan may have thousands of them.
 */

/** Rows by what they have in common, in the order in which they are. */
export function grouped<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/** Remembers what was made of a snapshot. Its lists are never changed: other ones take their place. */
export function oncePerSnapshot<Made>(make: (snapshot: Snapshot) => Made) {
  const known = new WeakMap<readonly SnapshotStep[], { services: unknown; made: Made }>();
  return (snapshot: Snapshot): Made => {
    const { services, steps } = snapshot;
    const last = known.get(steps);
    if (last?.services === services) return last.made;
    const made = make(snapshot);
    known.set(steps, { services, made });
    return made;
  };
}

const byPosition = oncePerSnapshot(({ services, steps }) => ({
  services: new Map(services.map((service) => [service.position, service])),
  steps: grouped(steps, ({ servicePosition }) => servicePosition),
}));

/** The service that a step is of; undefined for a step that is of none. */
export function serviceAt(
  snapshot: Snapshot,
  position: number | null,
): SnapshotService | undefined {
  return position === null ? undefined : byPosition(snapshot).services.get(position);
}

/** The steps of a service, by position. */
export function stepsOf(snapshot: Snapshot, servicePosition: number): readonly SnapshotStep[] {
  return byPosition(snapshot).steps.get(servicePosition) ?? [];
}
