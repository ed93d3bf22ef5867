import { notRun } from "./due.ts";
import type { Snapshot, SnapshotService, SnapshotStep } from "./plan.ts";

/** A service of a batch that is watched, and the container that the plan made for it. */
export interface Watched extends SnapshotService {
  containerId: string;
}

/** Without services that were deleted, and without containers that were not run, as they did not run before. */
export function watchedBy(snapshot: Snapshot, { batch }: SnapshotStep): Watched[] {
  return snapshot.services.flatMap((service) => {
    const deploy = snapshot.steps.find(
      ({ action, servicePosition }) => action === "deploy" && servicePosition === service.position,
    );
    const outcome = deploy?.command?.outcome;
    const body = outcome?.ok && outcome.body.kind === "run" ? outcome.body : null;
    if (service.batch !== batch || !service.exists || !deploy || body === null) return [];
    if (notRun(snapshot, deploy) !== null) return [];
    return [{ ...service, containerId: body.containerId }];
  });
}
