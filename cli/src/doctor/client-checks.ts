import { ApiProblem, type Client } from "@bridgeport/client";
import { isInTheClear } from "../connection/address.ts";
import { clockSkew } from "../connection/clock.ts";
import type { Target } from "../connection/connection.ts";
import { explain } from "../connection/explain.ts";
import { compareVersions } from "../connection/versions.ts";
import { wayTo } from "../connection/way.ts";
import type { Io } from "../io.ts";
import { version } from "../version.ts";
import type { Check } from "./check.ts";

const muchMs = 30_000;

/** What can be found out from here: the way there, the clock, the versions and who one is. */
export async function clientChecks(
  target: Target,
  client: Client,
  env: Io["env"],
): Promise<Check[]> {
  const checks: Check[] = [];
  const add = (id: string, title: string, status: Check["status"], detail: string, advice = "") =>
    checks.push({ id, title, status, detail, advice: advice || null });

  const { proxy } = wayTo(target.url, { ca: target.ca, env });
  if (proxy) add("proxy", "Proxy", "ok", `${proxy.host}, by HTTPS_PROXY or HTTP_PROXY`);
  const asked = Date.now();
  const reached = await reach(client);
  if (reached instanceof Error) {
    add(
      "address",
      "Address",
      "error",
      explain(reached),
      "Check the address, that the control plane runs, and what is in between.",
    );
    return checks;
  }
  add("address", "Address", "ok", `${target.url} answers`);
  if (isInTheClear(target.url)) {
    add(
      "tls",
      "Encryption",
      "warning",
      "others on the way can read your token",
      "Put a proxy with TLS in front of the control plane, and log in to its https address.",
    );
  } else {
    const detail = target.url.startsWith("https:")
      ? "TLS, certificate verified"
      : "not needed on this machine";
    add("tls", "Encryption", "ok", detail);
  }
  const skew = clockSkew(reached.headers.get("date"), asked, Date.now());
  if (skew !== null && Math.abs(skew) > muchMs) {
    const by = `${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? "behind" : "ahead of"} the control plane's`;
    add("clock", "Clock", "warning", `this machine's is ${by}`, "Let both follow a time server.");
  } else if (skew !== null) {
    add("clock", "Clock", "ok", "agrees with the control plane's");
  }
  const theirs = await versionOf(reached);
  if (theirs !== null && theirs !== version) {
    const newer = compareVersions(theirs, version) > 0 ? "newer" : "older";
    const detail = `this program is ${version}, the control plane ${theirs}, which is ${newer}`;
    add(
      "version",
      "Version",
      "warning",
      detail,
      "Use the program that came with the control plane.",
    );
  } else if (theirs !== null) add("version", "Version", "ok", theirs);
  await addToken(target, client, add);
  return checks;
}

async function addToken(
  target: Target,
  client: Client,
  add: (
    id: string,
    title: string,
    status: Check["status"],
    detail: string,
    advice?: string,
  ) => void,
): Promise<void> {
  if (target.token === null) {
    const advice = `bridgeport login ${target.url}`;
    add("token", "Who you are", "error", "nobody is logged in", advice);
    return;
  }
  try {
    const { user } = await client.get("/api/auth/me");
    add("token", "Who you are", "ok", `${user.email}, ${user.role}`);
  } catch (error) {
    add("token", "Who you are", "error", explain(error));
  }
}

async function reach(client: Client): Promise<Response | Error> {
  try {
    return await client.open("/api/openapi.json", { accept: "application/json" });
  } catch (error) {
    // Any answer of ours will do.
    if (error instanceof Error && !(error instanceof ApiProblem && error.status === 401))
      return error;
    return new Response();
  }
}

async function versionOf(answer: Response): Promise<string | null> {
  const described = (await answer.json().catch(() => null)) as {
    info?: { version?: unknown };
  } | null;
  const said = described?.info?.version;
  return typeof said === "string" ? said : null;
}
