import { expect, it } from "vitest";
import { codeOf, loginRequest, returnAddress } from "./login-request.ts";

const state = `abcdEFGH${"x".repeat(35)}`;
const read = (text: string) => {
  const query = new URLSearchParams(text);
  return loginRequest((name) => query.get(name) ?? "");
};

it("takes what a command line sends, and answers to this machine alone", () => {
  const request = read(`port=40123&state=${state}&machine=ada%27s+laptop`);
  expect(request).toEqual({ port: 40_123, state, machine: "ada's laptop" });
  if (!request) return;
  expect(codeOf(request)).toBe("abcd-EFGH");
  expect(returnAddress(request, "bpt_x&y")).toBe(
    `http://127.0.0.1:40123/#state=${state}&token=bpt_x%26y`,
  );
});

it.each([
  "",
  `port=80&state=${state}`,
  `port=99999&state=${state}`,
  `port=40123@evil.example&state=${state}`,
  "port=40123&state=short",
  `port=40123&state=${state}%26`,
])("refuses %o", (text) => {
  expect(read(text)).toBeNull();
});
