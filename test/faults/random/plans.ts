import type { PushedImage } from "../../harness/images.ts";
import type { Plan } from "../../harness/resources.ts";
import { digestRow } from "../../harness/rollout.ts";
import { waitFor } from "../../harness/wait.ts";
import type { Chance } from "../chance.ts";
import { containersOf, imageOf } from "./containers.ts";
import { atRest } from "./rest.ts";
import { type AppName, runsFile, type World } from "./world.ts";

/** A plan that has begun. */
export interface Begun {
  id: string;
  /** of each container that it may touch: which image it is to run, and which it ran before */
  moves: Map<string, { to: PushedImage; from: PushedImage }>;
  /** ids of the images that it moves */
  imageIds: string[];
  /** it cannot complete, as what it moves to is ill */
  ill: boolean;
  /** what the store's job had done before, if the plan has a job: a line for each run */
  runsBefore: string[] | null;
  /** what the audit has of it in the end */
  audited: string[];
}

/** A plan to be played with. */
export interface PlanKind {
  what: string;
  /** how many records an agent's journal gets, about */
  records: number;
  /** @param restart counts the records anew: only what comes now is broken */
  begin(world: World, restart: () => void): Promise<Begun>;
}

/** Draws a plan. */
export function drawPlan(random: Chance): PlanKind {
  const kind = random.pick(kinds);
  return kind(random);
}

const kinds: ((random: Chance) => PlanKind)[] = [
  (random) => {
    const parallelExecution = random.below(2) === 0;
    const way = parallelExecution ? "in parallel" : "one after the other";
    return {
      what: `one image, ${way}`,
      records: 28,
      begin: (world) => start(world, ["web"], { parallelExecution }),
    };
  },
  (random) => {
    const parallelExecution = random.below(2) === 0;
    return {
      what: `a release of two images${parallelExecution ? ", in parallel" : ""}`,
      records: 42,
      begin: (world) => start(world, ["web", "mail"], { parallelExecution }),
    };
  },
  () => ({
    what: "a rollout in two batches with a soak",
    records: 28,
    begin: (world) => start(world, ["web"], { rollout: { batch: 1, soakMs: 100 } }),
  }),
  () => ({
    what: "an image with a job and hooks",
    records: 22,
    begin: (world) => start(world, ["store"], {}),
  }),
  () => ({
    what: "a rollback by hand",
    records: 10,
    async begin(world, restart) {
      const begun = await start(world, ["mail"], {});
      const { status } = await world.site.api.planEnd(begun.id);
      if (status !== "completed") throw new Error(`Nothing was broken, and the plan is ${status}.`);
      await atRest(world);
      restart();
      await world.site.api.post(`/api/deployment-plans/${begun.id}/rollback`);
      return { ...begun, audited: [...begun.audited, "rollback_plan", "end_plan"] };
    },
  }),
  () => ({
    what: "one image, and images are pruned meanwhile",
    records: 30,
    async begin(world) {
      const { api, server } = world.site;
      const begun = await start(world, ["web"], {});
      // Whether it is answered does not matter: its asker may be gone.
      api.post(`/api/servers/${server.id}/prune-images`, { mode: "all" }).catch(() => undefined);
      return begun;
    },
  }),
  (random) => {
    const parallelExecution = random.below(2) === 0;
    return {
      what: `an image that crashes${parallelExecution ? ", in parallel" : ""}`,
      records: 22,
      begin: (world) => start(world, ["web"], { parallelExecution }, true),
    };
  },
];

/** What the store's job has done: the host name of each run. */
export async function jobRuns({ site }: World): Promise<string[]> {
  const script = `cat ${runsFile} 2>/dev/null || true`;
  return (await site.docker.run("exec", "store", "sh", "-c", script)).split("\n").filter(Boolean);
}

/** A plan that moves each of these apps to the other version. */
export async function start(
  world: World,
  names: readonly AppName[],
  how: object,
  ill = false,
): Promise<Begun> {
  const moves: Begun["moves"] = new Map();
  const targets: object[] = [];
  const apps = names.map((name) => world.apps[name]);
  const containers = await containersOf(world);
  const runs = (name: string): PushedImage => imageOf(world, containers.get(name));
  for (const app of apps) {
    const { well } = app;
    const to = ill ? app.ill : runs(app.names[0] ?? "") === well[1] ? well[0] : well[1];
    for (const name of app.names) moves.set(name, { to, from: runs(name) });
    targets.push({ containerImageId: app.image.id, imageDigestId: digestRow(app.image, to).id });
  }
  const runsBefore = names.includes("store") ? await jobRuns(world) : null;
  const path = `/api/environments/${world.site.environment.id}/deployment-plans?execute=true`;
  // An agent that was broken before may still be on its way back.
  const { plan } = await waitFor(
    () => world.site.api.post<{ plan: Plan }>(path, { targets, ...how }),
    { what: "a plan to be accepted" },
  );
  const imageIds = apps.map(({ image }) => image.id);
  const audited = ["deploy", "end_plan"];
  return { id: plan.id, moves, imageIds, ill, runsBefore, audited };
}
