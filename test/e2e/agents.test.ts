import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pushImage } from "../harness/images.ts";
import type { Server, Service } from "../harness/resources.ts";
import { digestRow, rollout } from "../harness/rollout.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";
import { type JoinedAgent, startAgent } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

let site: Site;
let second: JoinedServer;
/** Joins in place of the second engine's agent. */
let newer: JoinedAgent | undefined;
/** Joins after that one's certificates were revoked. */
let newest: JoinedAgent | undefined;

/** What the test looks at. */
interface AuthorityState {
  current: { fingerprint: string };
  previous: { fingerprint: string }[];
  servers: { renewed: number; notYet: { id: string }[] };
}

beforeAll(async () => {
  site = await startSite();
  second = await joinServer(site, "second");
});
afterAll(async () => {
  await newest?.remove();
  await newer?.remove();
  await second?.remove();
  await site?.remove();
});

const status = (wanted: Server["status"]) =>
  site.api.until<{ server: Server }>(
    `/api/servers/${second.server.id}`,
    ({ server }) => server.status === wanted,
    { what: `the second server to be ${wanted}`, explain: second.agent.output },
  );

describe("a second engine", () => {
  test("one plan moves services on both servers", async () => {
    const one = await pushImage(site.registry, "two/app", "v1", {
      version: "1",
      health: "healthy",
    });
    const two = await pushImage(site.registry, "two/app", "v2", {
      version: "2",
      health: "healthy",
    });
    await site.docker.run("run", "-d", "--name", "app", one.reference);
    await second.docker.run("run", "-d", "--name", "app", one.reference);
    const here = await site.service("app");
    const there = await site.service("app", second.server.id);
    expect(there.containerImageId).toBe(here.containerImageId);
    const rolling = rollout(site, (await site.connect()).id);
    const image = await rolling.synced(one.name);
    const plan = await rolling.deploy(image.id, { imageDigestId: digestRow(image, two).id });
    expect(plan.status).toBe("completed");
    for (const docker of [site.docker, second.docker]) {
      expect((await docker.inspect("app")).Config.Image).toBe(`${two.name}:v2@${two.digest}`);
      await rolling.expectOnly(["app"], docker);
    }
  });

  test("an agent that is killed is seen as offline, and comes back as the same server", async () => {
    await second.agent.kill();
    await status("offline");
    const refused = await site.api.request("POST", `/api/servers/${second.server.id}/discover`);
    expect(refused.status).toBe(503);
    const { containerImageId } = await site.service("app");
    const plan = await site.api.request<{ error: string }>(
      "POST",
      `/api/container-images/${containerImageId}/deploy`,
      { tag: "v1" },
    );
    expect(plan.status).toBe(503);
    expect(plan.body.error).toContain("second");

    await second.docker.run("rm", "-f", "app");
    await second.agent.start();
    await status("online");
    await site.api.until<{ services: Service[] }>(
      `/api/servers/${second.server.id}/services`,
      ({ services }) =>
        services.some(
          ({ containerName, discoveryStatus }) =>
            containerName === "app" && discoveryStatus === "missing",
        ),
    );
    const { servers } = await site.api.get<{ servers: Server[] }>(
      `/api/environments/${site.environment.id}/servers`,
    );
    expect(servers).toHaveLength(2);
  });

  test("an agent goes on when the control plane was killed and started again", async () => {
    await site.system.kill();
    await site.system.start();
    await site.refresh();
    await status("online");
    await second.docker.run("run", "-d", "--name", "new", `${site.registry.host}/two/app:v1`);
    await site.service("new", second.server.id);
  });

  test("the certificate authority is replaced under agents, one of which is killed again and again", async () => {
    const before = await site.api.get<AuthorityState>("/api/agent-authority");
    expect(before.previous).toEqual([]);
    const rotated = await site.api.post<AuthorityState>("/api/agent-authority/rotate");
    expect(rotated.previous.map(({ fingerprint }) => fingerprint)).toEqual([
      before.current.fingerprint,
    ]);
    for (let times = 0; times < 3; times += 1) {
      await second.agent.kill();
      await second.agent.start();
    }
    const after = await site.api.until<AuthorityState>(
      "/api/agent-authority",
      ({ previous }) => previous.length === 0,
      { what: "the old authority to be retired", explain: second.agent.output },
    );
    expect(after).toMatchObject({
      current: { fingerprint: rotated.current.fingerprint },
      servers: { renewed: 2, notYet: [] },
    });
    // Both know nothing but the new one by now.
    await site.system.kill();
    await second.agent.kill();
    await site.system.start();
    await second.agent.start();
    await site.refresh();
    await status("online");
    await site.api.until<{ server: Server }>(
      `/api/servers/${site.server.id}`,
      ({ server }) => server.status === "online",
    );
  });

  test("a join token is good for one agent only", async () => {
    const { server, join } = await site.api.post<{ server: Server; join: { token: string } }>(
      `/api/environments/${site.environment.id}/servers`,
      { name: "third" },
    );
    const options = { url: site.system.url, token: join.token, dockerHost: second.engine.host };
    const first = await startAgent(options);
    try {
      await site.api.until<{ server: Server }>(
        `/api/servers/${server.id}`,
        ({ server }) => server.status === "online",
      );
    } finally {
      await first.remove();
    }
    const again = await startAgent(options);
    try {
      await waitFor(() => /token/i.test(again.output()), {
        what: "the second agent to say that its token is used",
        explain: again.output,
      });
    } finally {
      await again.remove();
    }
  });

  test("an agent that joins again takes over, and the one before is cut off for good", async () => {
    const { join } = await site.api.post<{ join: { token: string } }>(
      `/api/servers/${second.server.id}/join-token`,
    );
    newer = await startAgent({
      url: site.system.url,
      token: join.token,
      dockerHost: second.engine.host,
    });
    await waitFor(() => /another agent has enrolled/i.test(second.agent.output()), {
      what: "the earlier agent to say why it was cut off",
      explain: second.agent.output,
    });
    await status("online");
    await second.agent.stop();
    await second.docker.run("run", "-d", "--name", "later", `${site.registry.host}/two/app:v1`);
    await site.service("later", second.server.id);
  });

  test("an agent whose certificates are revoked is cut off, and comes back by a new token only", async () => {
    const path = `/api/servers/${second.server.id}`;
    const { server } = await site.api.post<{ server: { revokedAt: string | null } }>(
      `${path}/revoke`,
    );
    expect(server.revokedAt).not.toBeNull();
    const revoked = newer;
    if (!revoked) throw new Error("No agent has joined in place of the second server's");
    await waitFor(
      () =>
        /refuses this agent \(an administrator has revoked.*new join token/.test(revoked.output()),
      { what: "the agent to say why it was cut off", explain: revoked.output },
    );
    await status("offline");

    const { join } = await site.api.post<{ join: { token: string } }>(`${path}/join-token`);
    newest = await startAgent({
      url: site.system.url,
      token: join.token,
      dockerHost: second.engine.host,
    });
    await status("online");
    await revoked.stop();
    const { logs } = await site.api.get<{ logs: { action: string }[] }>(
      `/api/audit-logs?resourceId=${second.server.id}&limit=100`,
    );
    const actions = logs.map(({ action }) => action);
    expect(actions).toContain("revoke_server");
    // It was the same agent all the time, and one that replaced it: not two at once.
    expect(actions).not.toContain("report_two_agents");
  });

  test("a deleted server's agent is sent away and refused", async () => {
    const online = await site.api.request("DELETE", `/api/servers/${second.server.id}`);
    expect(online.status).toBeGreaterThanOrEqual(400);
    await site.api.delete(`/api/servers/${second.server.id}?force=true`);
    expect((await site.api.request("GET", `/api/servers/${second.server.id}`)).status).toBe(404);
    await second.docker.run("run", "-d", "--name", "unseen", `${site.registry.host}/two/app:v1`);
    const { services } = await site.api.get<{ services: Service[] }>(
      `/api/environments/${site.environment.id}/services?limit=100`,
    );
    expect(services.map(({ containerName }) => containerName)).not.toContain("unseen");
  });
});
