import { createHmac } from "node:crypto";
import type { Sql } from "postgres";
import { openStream } from "../../../control-plane/src/gateway/agent.fixture.ts";
import type { Plan, Service } from "../../harness/resources.ts";
import { waitFor } from "../../harness/wait.ts";
import { followAndLeave, type Http, httpTo, sendAndCut } from "./clients.ts";
import type { LeakWorld } from "./world.ts";

/** How much of each kind a phase does. */
export interface LoadScale {
  /** events of the engine that one agent is beside */
  engineEvents: number;
  /** events that other agents report */
  reportedEvents: number;
  /** sessions of the process of linked agents that are cut, all together */
  reconnects: number;
  /** agents that leave before they have said who they are */
  strangers: number;
  sockets: number;
  followedLogs: number;
  planStreams: number;
  logins: number;
  /** deploys to all services, each completed or cancelled */
  plans: number;
  syncs: number;
  webhooks: number;
  refused: number;
  cutUploads: number;
}

type Kind = keyof LoadScale;

const atOnce = 4;

/** Does all of it, kind by kind, and comes back when the product has taken in what it was told. */
export async function load(
  world: LeakWorld,
  scale: LoadScale,
  told: (kind: Kind) => void = () => undefined,
): Promise<void> {
  const http = httpTo(world.system.url);
  try {
    for (const kind of Object.keys(kinds) as Kind[]) {
      await kinds[kind](world, scale[kind], http);
      told(kind);
    }
  } finally {
    http.close();
  }
}

const kinds: Record<Kind, (world: LeakWorld, times: number, http: Http) => Promise<void>> = {
  async engineEvents({ engine, sql, agentServerId }, times) {
    await engine.happen(times);
    await restartsToBe(sql, [agentServerId], () => engine.happened, "what the engine told");
    engine.cut();
    await waitFor(() => engine.streams === 1, { what: "the agent to read events again" });
  },
  async reportedEvents({ linked, sql }, times) {
    linked.change(times);
    await restartsToBe(sql, linked.serverIds, () => linked.changed, "what agents reported");
  },
  async reconnects({ linked }, times) {
    for (let done = 0; done < times; done += linked.serverIds.length) await linked.reconnect();
  },
  async strangers({ stranger }, times) {
    const port = Number(stranger.agentAddr.split(":").at(-1));
    await repeat(times, async (at) => {
      const stream = openStream(port, stranger.ca, stranger.privateKey, stranger.certificate);
      // One is turned away, as it does not say who it is; the other leaves without a word.
      if (at % 2 === 0) stream.sendWire({});
      else stream.vanish();
      await stream.ended;
    });
  },
  async sockets({ system, api, environment }, times) {
    const topics = [`environment:${environment.id}`];
    await repeat(times, () => followAndLeave(system.url, api.token, topics, "subscribed"));
  },
  async followedLogs({ system, api, agentServices, engine }, times) {
    await repeat(times, async (at) => {
      const service = agentServices[at % agentServices.length] as Service;
      await followAndLeave(system.url, api.token, [`logs:${service.id}`], "lines");
    });
    await waitFor(() => engine.streams === 1, { what: "the logs to be left" });
  },
  async planStreams({ system, api, environment, image, digests }, times) {
    const { plan } = await api.post<{ plan: Plan }>(
      `/api/environments/${environment.id}/deployment-plans`,
      { containerImageId: image.id, imageDigestId: digests[0]?.id },
    );
    const text = `GET /api/deployment-plans/${plan.id}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\n\r\n`;
    await repeat(times, () => sendAndCut(system.url, text, { answered: true }));
    await api.post(`/api/deployment-plans/${plan.id}/cancel`);
  },
  async logins({ system }, times, http) {
    await repeat(times, async () => {
      const login = await http.ask("POST", "/api/auth/login", {
        body: JSON.stringify(system.admin),
      });
      const { token } = JSON.parse(login.body) as { token: string };
      await http.ask("GET", "/api/auth/me", { token });
      await http.ask("POST", "/api/auth/logout", { token });
    });
  },
  async plans({ deploy }, times) {
    for (let at = 0; at < times; at += 1) await deploy(at % 3 === 2);
  },
  async syncs({ brokenImageId, api, image }, times, http) {
    const path = (id: string) => `/api/container-images/${id}/check-updates`;
    await repeat(times, async (at) => {
      const id = at % 2 === 0 ? brokenImageId : image.id;
      await http.ask("POST", path(id), { token: api.token });
    });
  },
  async webhooks({ api, secret, webhookIds, receiver }, times, http) {
    const before = receiver.received.length;
    await repeat(times, async (at) => {
      const body = JSON.stringify({
        events: [{ action: "push", target: { repository: `n${at}` } }],
      });
      const signed = createHmac("sha256", at % 4 === 0 ? "another secret" : secret).update(body);
      const headers = { "x-webhook-signature": signed.digest("hex") };
      await http.ask("POST", "/api/webhooks/registry", { body, headers });
      const id = webhookIds[at % webhookIds.length];
      await http.ask("POST", `/api/admin/webhooks/${id}/test`, { token: api.token, body: "{}" });
    });
    await waitFor(() => receiver.received.length > before, { what: "a delivery" });
  },
  async refused({ api, environment }, times, http) {
    const path = `/api/environments/${environment.id}/servers`;
    const asks = [
      () => http.ask("GET", "/api/no-such-thing", { token: api.token }),
      () => http.ask("GET", path),
      () => http.ask("GET", path, { token: "bps_nobody" }),
      () => http.ask("POST", path, { token: api.token, body: "{ no json" }),
      () => http.ask("POST", path, { token: api.token, body: JSON.stringify({ name: "" }) }),
      () => http.ask("POST", path, { token: api.token, headers: { "idempotency-key": "" } }),
    ];
    await repeat(times, async (at) => void (await asks[at % asks.length]?.()));
  },
  async cutUploads({ system, api, environment }, times) {
    const head = `POST /api/environments/${environment.id}/servers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"name":"`;
    await repeat(times, () => sendAndCut(system.url, head, { answered: false }));
  },
};

/** Waits until the containers of these servers have started so often, as the control plane knows it. */
async function restartsToBe(
  sql: Sql,
  serverIds: string[],
  wanted: () => number,
  what: string,
): Promise<void> {
  let seen = 0;
  const arrived = async () => {
    const [row] = await sql<{ sum: number }[]>`
      select coalesce(sum((report ->> 'restartCount')::int), 0)::int as sum from containers
      where server_id in ${sql(serverIds)}`;
    seen = row?.sum ?? 0;
    return seen === wanted();
  };
  const explain = () => `${seen} of ${wanted()}`;
  await waitFor(arrived, { what, everyMs: 200, explain });
}

/** Does it so often, a few at a time. */
async function repeat(times: number, work: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const some = async (): Promise<void> => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, some));
}
