import { ApiProblem } from "@bridgeport/client";
import { expect, it } from "vitest";
import { sendOnce } from "./send-once.ts";

const away = (code: string) =>
  new ApiProblem(0, "unreachable", code, [], {
    cause: new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) }),
  });
const answer = (status: number, code: string) => new ApiProblem(status, code, code);

/** Sends to what fails like this, one after another, and then answers. */
async function send(failures: ApiProblem[]) {
  const keys: string[] = [];
  const sending = sendOnce(
    async (key) => {
      keys.push(key);
      const failure = failures.shift();
      if (failure) throw failure;
      return "done";
    },
    async () => {},
  );
  const said = await sending.catch((error: Error) => error.message);
  return { said, attempts: keys.length, keys: new Set(keys).size };
}

const lostForGood = expect.stringContaining("Whether it was done is not known");

it.each([
  ["reset in between", [away("ECONNRESET")], "done", 2],
  ["reset, then being started again", [away("UND_ERR_SOCKET"), away("ECONNREFUSED")], "done", 3],
  [
    "still being answered",
    [away("ECONNRESET"), answer(409, "idempotency_key_in_progress")],
    "done",
    3,
  ],
  ["a proxy's page", [answer(502, "unexpected_answer")], "done", 2],
  ["not there", [away("ECONNREFUSED")], "ECONNREFUSED", 1],
  ["not trusted", [away("DEPTH_ZERO_SELF_SIGNED_CERT")], "DEPTH_ZERO_SELF_SIGNED_CERT", 1],
  ["refused", [answer(409, "plan_active")], "plan_active", 1],
  ["refused after all", [away("ECONNRESET"), answer(400, "no")], "no", 2],
  ["away for good", Array.from({ length: 20 }, () => away("ECONNRESET")), lostForGood, 10],
])("%s", async (_, failures, said, attempts) => {
  expect(await send(failures)).toEqual({ said, attempts, keys: 1 });
});
