import { expect, it } from "vitest";
import { listenForToken } from "./callback.ts";

it("takes a token from its own page only, and only with its state", async () => {
  const callback = await listenForToken();
  const own = `http://127.0.0.1:${callback.port}`;
  const bring = async (state: string, origin = own) => {
    const body = new URLSearchParams({ state, token: "bpt_secret" });
    const headers = new Headers(origin === "" ? {} : { origin });
    return (await fetch(`${own}/token`, { method: "POST", body, headers })).status;
  };
  try {
    expect(await (await fetch(own)).text()).toContain("location.hash");
    expect((await fetch(`${own}/other`)).status).toBe(404);
    expect(await bring("wrong")).toBe(403);
    expect(await bring("x".repeat(43))).toBe(403);
    expect(await bring(callback.state, "https://evil.example")).toBe(403);
    expect(await bring(callback.state, "")).toBe(403);
    expect(await bring(callback.state)).toBe(204);
    expect(await callback.token).toBe("bpt_secret");
  } finally {
    callback.close();
  }
});
