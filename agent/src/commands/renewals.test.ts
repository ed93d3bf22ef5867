import type { AgentMessage, Credentials } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { Renewals } from "./renewals.ts";

const credentials: Credentials = {
  ...{ username: "", password: "", registryHost: "registry.example.com", identityToken: null },
  registryToken: { value: "abc", expiresAt: null },
};

test("credentials are asked for once, and come with their answer", async () => {
  const sent: AgentMessage[] = [];
  const renewals = new Renewals((message) => sent.push(message));
  const asked = renewals.ask("c1", new AbortController().signal);
  renewals.answer("c2", null);
  renewals.answer("c1", credentials);
  renewals.answer("c1", null);
  expect(await asked).toEqual(credentials);
  expect(sent).toEqual([{ kind: "credentialsRequest", commandId: "c1" }]);
});

test("a command that ends does not wait for them", async () => {
  const sent: AgentMessage[] = [];
  const renewals = new Renewals((message) => sent.push(message));
  const abort = new AbortController();
  const asked = renewals.ask("c1", abort.signal);
  abort.abort();
  expect(await asked).toBeNull();
  expect(await renewals.ask("c2", abort.signal)).toBeNull();
  expect(sent.length).toBe(1);
});
