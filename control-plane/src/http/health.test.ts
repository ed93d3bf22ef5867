import { expect, test } from "vitest";
import { metricsOnly } from "./health.ts";

test("at an address of their own metrics need no login, and are all that is there", async () => {
  const app = metricsOnly({ contentType: "text/plain", read: async () => "bridgeport_up 1\n" });
  const answer = await app.request("/metrics");
  expect([answer.status, await answer.text()]).toEqual([200, "bridgeport_up 1\n"]);
  for (const path of ["/", "/api/auth/me", "/healthz"]) {
    expect((await app.request(path)).status).toBe(404);
  }
});
