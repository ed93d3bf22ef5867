import { afterEach, describe, expect, it, vi } from "vitest";
import { api, everyRow, whenSignedOut } from "./client.ts";

function answering(answer: (request: Request) => Response | Promise<Response>) {
  const requests: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    requests.push(request);
    return answer(request);
  });
  return requests;
}
afterEach(() => vi.unstubAllGlobals());

describe("api", () => {
  it("fills the path, leaves empty filters out and sends JSON", async () => {
    const requests = answering(() => Response.json({ services: [], total: 0 }));
    await api.get("/api/environments/{envId}/services", {
      path: { envId: "a/b" },
      query: { q: "", limit: 10 },
    });
    await api.post("/api/auth/login", { body: { email: "a@example.com", password: "x" } });
    const [list, login] = requests;
    expect(new URL(list?.url ?? "").pathname).toBe("/api/environments/a%2Fb/services");
    expect(new URL(list?.url ?? "").search).toBe("?limit=10");
    expect(login?.method).toBe("POST");
    expect(login?.headers.get("content-type")).toBe("application/json");
    expect(await login?.json()).toEqual({ email: "a@example.com", password: "x" });
  });

  it("throws the server's own sentence", async () => {
    answering(() =>
      Response.json({ error: "Name taken.", code: "name_taken", details: [] }, { status: 409 }),
    );
    await expect(api.get("/api/users")).rejects.toMatchObject({
      status: 409,
      code: "name_taken",
      message: "Name taken.",
    });
  });

  it("makes a sentence of what is no answer of ours, and of none at all", async () => {
    answering(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    await expect(api.get("/api/users")).rejects.toMatchObject({ code: "unexpected_answer" });
    answering(() => Promise.reject(new TypeError("fetch failed")));
    await expect(api.get("/api/users")).rejects.toMatchObject({ code: "unreachable" });
  });

  it("tells of a session that ended, but not of a refused login", async () => {
    let told = 0;
    whenSignedOut(() => {
      told += 1;
    });
    answering(() => Response.json({ error: "No.", code: "unauthorized" }, { status: 401 }));
    const body = { email: "a@example.com", password: "x" };
    await expect(api.post("/api/auth/login", { body })).rejects.toMatchObject({ status: 401 });
    expect(told).toBe(0);
    await expect(api.get("/api/users")).rejects.toMatchObject({ status: 401 });
    expect(told).toBe(1);
  });
});

it("reads every page of a list, in order", async () => {
  const requests = answering(({ url }) => {
    const offset = Number(new URL(url).searchParams.get("offset"));
    const ids = Array.from({ length: Math.min(100, 950 - offset) }, (_, row) => ({
      id: String(offset + row),
    }));
    return Response.json({ users: ids, total: 950 });
  });
  const rows = await everyRow("/api/users", "users");
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 950 }, (_, id) => String(id)));
  expect(requests).toHaveLength(10);
});
