import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostCommands } from "../harness/host-commands.ts";
import type { Server, Service } from "../harness/resources.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";

/* The server that the control plane's own machine is, when the agent's state is lost. */

let scratch: Scratch;
let site: Site;
const { run } = hostCommands(() => scratch, "a long enough passphrase");

beforeAll(async () => {
  scratch = createScratch("local-server");
  site = await startSite();
});
afterAll(async () => {
  await site?.remove();
  await scratch?.remove();
});

/** Waits until the local agent is connected again. @returns every server there is */
async function servers(): Promise<Server[]> {
  await site.refresh();
  const answer = await site.api.until<{ servers: Server[] }>(
    `/api/environments/${site.environment.id}/servers`,
    ({ servers }) => servers.some(({ status }) => status === "online"),
    { what: "a server to be online" },
  );
  return answer.servers;
}

const ids = (list: Server[]) => list.map(({ id }) => id);

test("it is the same after a restore into an empty place, and its containers are its own", async () => {
  const file = scratch.path("local.backup");
  expect((await run("backup", site.system.dataDir, [file])).code).toBe(0);
  await site.system.kill(["postgres", "agent"]);
  rmSync(site.system.dataDir, { recursive: true });
  expect((await run("restore", site.system.dataDir, [file])).code).toBe(0);
  await site.system.start();
  expect(ids(await servers())).toEqual([site.server.id]);
  await site.api.get<{ services: Service[] }>(`/api/servers/${site.server.id}/services`);
});

test("it is the same when the state of its agent alone is lost, and another one when it was revoked", async () => {
  const lose = async () => {
    await site.system.stop();
    rmSync(join(site.system.dataDir, "agent"), { recursive: true });
    await site.system.start();
  };
  await lose();
  expect(ids(await servers())).toEqual([site.server.id]);
  await site.api.post(`/api/servers/${site.server.id}/revoke`);
  await lose();
  expect(ids(await servers())).toHaveLength(2);
});
