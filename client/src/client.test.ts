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
