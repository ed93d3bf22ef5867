import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { type RegistryDouble, send } from "./registry-double.fixture.ts";

let world: ClientWorld;
let registry: RegistryDouble;

beforeEach(async () => {
  world = new ClientWorld();
  registry = await world.double();
});
afterEach(() => world.close());

describe("what a token service answers", () => {
  test.each([
    ["token alone", { token: "abc" }],
    ["access_token alone", { access_token: "abc" }],
    ["an empty token", { token: "", access_token: "abc" }],
    ["an empty access_token", { token: "abc", access_token: "" }],
    ["a token that is null", { token: null, access_token: "abc" }],
    ["both, the same", { token: "abc", access_token: "abc", expires_in: 300 }],
  ])("%s is a token", async (_name, answer) => {
    answersTokens(answer);
    expect(value(await world.client(registry.origin).listTags("app"))).toEqual(["v1"]);
  });

  test.each([
    ["nothing", {}],
    ["two empty ones", { token: "", access_token: "" }],
    ["a number", { token: 7 }],
    ["a token of two lines", { token: "a\nb: c" }],
  ])("%s is none, and said to be", async (_name, answer) => {
    answersTokens(answer);
    const refused = failed(await world.client(registry.origin).listTags("app"));
    expect(refused.kind).toBe("bad_answer");
    expect(refused.message).toContain("without a token");
  });

  /** The registry lets in what has the token abc. */
  function answersTokens(answer: unknown): void {
    registry.push("app", "v1");
    registry.faults.push((request, response) => {
      if (request.url?.startsWith("/token")) send(response, 200, answer);
      else if (request.headers.authorization === "Bearer abc") return false;
      else {
        response.setHeader("www-authenticate", `Bearer realm="${registry.origin}/token"`);
        send(response, 401, {});
      }
      return true;
    });
  }
});
