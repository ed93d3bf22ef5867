import { describe, expect, it } from "vitest";
import { type Client, createClient } from "./client.ts";

function answering(
  answer: (request: Request) => Response | Promise<Response>,
  more: { token?: string; onSignedOut?: () => void } = {},
): { api: Client; requests: Request[] } {
  const requests: Request[] = [];
  const api = createClient({
    url: "http://bridgeport.test/",
    fetch: async (request) => {
      requests.push(request);
      return answer(request);
    },
    ...more,
  });
  return { api, requests };
}

describe("a call", () => {
  it("fills the path, leaves empty filters out and sends JSON", async () => {
    const { api, requests } = answering(() => Response.json({ services: [], total: 0 }));
    await api.get("/api/environments/{envId}/services", {
      path: { envId: "a/b" },
      query: { q: "", limit: 10 },
    });
    await api.post("/api/auth/login", { body: { email: "a@example.com", password: "x" } });
    const [list, login] = requests;
    expect(new URL(list?.url ?? "").pathname).toBe("/api/environments/a%2Fb/services");
    expect(new URL(list?.url ?? "").search).toBe("?limit=10");
    expect(list?.headers.has("authorization")).toBe(false);
    expect(list?.headers.has("idempotency-key")).toBe(false);
    expect(login?.method).toBe("POST");
    expect(login?.headers.get("content-type")).toBe("application/json");
    expect(await login?.json()).toEqual({ email: "a@example.com", password: "x" });
  });

  it("says which request it repeats", async () => {
    const { api, requests } = answering(() => Response.json({ ok: true }));
    await api.post("/api/auth/logout", { idempotencyKey: "key" });
    expect(requests[0]?.headers.get("idempotency-key")).toBe("key");
  });

  it("shows the token", async () => {
    const { api, requests } = answering(() => Response.json({ users: [], total: 0 }), {
      token: "secret",
    });
    await api.get("/api/users");
    expect(requests[0]?.headers.get("authorization")).toBe("Bearer secret");
  });

  it("throws the server's own sentence, code and fields", async () => {
    const details = [{ path: "name", message: "is taken" }];
    const { api } = answering(() =>
      Response.json({ error: "Name taken.", code: "name_taken", details }, { status: 409 }),
    );
    await expect(api.get("/api/users")).rejects.toMatchObject({
      status: 409,
      code: "name_taken",
      message: "Name taken.",
      details,
    });
  });

  it.each([
    ["an error page", () => new Response("<h1>Bad gateway</h1>", { status: 502 })],
    ["a login page", () => new Response("<h1>Log in</h1>", { status: 200 })],
  ])("makes a sentence of what is no answer of ours: %s", async (_, answer) => {
    const { api } = answering(answer);
    await expect(api.get("/api/users")).rejects.toMatchObject({ code: "unexpected_answer" });
  });

  it("keeps the reason why there is no answer at all", async () => {
    const cause = new TypeError("fetch failed");
    const { api } = answering(() => Promise.reject(cause));
    await expect(api.get("/api/users")).rejects.toMatchObject({ code: "unreachable", cause });
  });

  it("is sent nowhere else than where it was meant for, and says where that would be", async () => {
    const to = (location: string) => () =>
      new Response(null, { status: 301, headers: { location } });
    const { api, requests } = answering(to("https://bridgeport.test/api/auth/login"));
    const body = { email: "a@example.com", password: "x" };
    const problem = await api.post("/api/auth/login", { body }).catch((error: unknown) => error);
    expect(problem).toMatchObject({
      ...{ status: 301, code: "redirected", url: "http://bridgeport.test" },
      message: expect.stringContaining("redirects to https://bridgeport.test."),
    });
    const stream = api.open("/api/events", { accept: "text/event-stream" });
    await expect(stream).rejects.toMatchObject({ code: "redirected" });
    expect(requests.map(({ redirect }) => redirect)).toEqual(["manual", "manual"]);
  });

  it("tells of a session that ended, but not of a refused login", async () => {
    let told = 0;
    const { api } = answering(
      () => Response.json({ error: "No.", code: "unauthorized" }, { status: 401 }),
      { onSignedOut: () => (told += 1) },
    );
    const body = { email: "a@example.com", password: "x" };
    await expect(api.post("/api/auth/login", { body })).rejects.toMatchObject({ status: 401 });
    expect(told).toBe(0);
    await expect(api.get("/api/users")).rejects.toMatchObject({ status: 401 });
    expect(told).toBe(1);
  });
});

it("reads every page of a list, in order", async () => {
  const { api, requests } = answering(({ url }) => {
    const offset = Number(new URL(url).searchParams.get("offset"));
    const ids = Array.from({ length: Math.min(100, 950 - offset) }, (_, row) => ({
      id: String(offset + row),
    }));
    return Response.json({ users: ids, total: 950 });
  });
  const rows = await api.everyRow("/api/users", "users");
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 950 }, (_, id) => String(id)));
  expect(requests).toHaveLength(10);
});

it("reads a list again that changed between its pages, and gives each row once", async () => {
  let readings = 0;
  const { api } = answering(({ url }) => {
    const offset = Number(new URL(url).searchParams.get("offset"));
    if (offset === 0) readings += 1;
    // While it is read for the first time a row is added before all others.
    const shift = readings === 1 && offset > 0 ? 1 : 0;
    const total = 150 + (readings === 1 && offset === 0 ? 0 : 1);
    const users = Array.from({ length: Math.min(100, total - offset) }, (_, row) => ({
      id: String(offset + row - shift),
    }));
    return Response.json({ users, total });
  });
  const rows = await api.everyRow("/api/users", "users");
  expect([readings, rows.length, new Set(rows.map(({ id }) => id)).size]).toEqual([2, 151, 151]);
});

it("gives a list that never rests as it was read at last", async () => {
  let total = 150;
  const { api } = answering(() => {
    total += 1;
    return Response.json({ users: [{ id: "same" }], total });
  });
  expect(await api.everyRow("/api/users", "users")).toEqual([{ id: "same" }]);
});
