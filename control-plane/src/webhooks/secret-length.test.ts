import { expect, test } from "vitest";
import { pushSecrets } from "./push-secrets.fixture.ts";
import { shortSecrets } from "./secret-length.ts";

const long = "sixteen letters!";

test("secrets of fewer than 16 characters are named, and none that is not set", () => {
  expect(shortSecrets({ webhookSecret: null, pushSecrets: pushSecrets() })).toEqual([]);
  expect(shortSecrets({ webhookSecret: long, pushSecrets: pushSecrets(() => long) })).toEqual([]);
  const short = pushSecrets((vendor) => (vendor === "gitea" ? long.slice(1) : long));
  expect(shortSecrets({ webhookSecret: "s3cret", pushSecrets: short })).toEqual([
    "WEBHOOK_SECRET",
    "GITEA_WEBHOOK_SECRET",
  ]);
});
