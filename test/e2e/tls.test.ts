import { X509Certificate } from "node:crypto";
import { readFileSync, renameSync } from "node:fs";
import { Agent, type RequestOptions, request } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { makeCertificates } from "../harness/certificates.ts";
import { type Engine, startEngine } from "../harness/engine.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/* The control plane with TLS of its own, as a browser meets it. */

const certificates = makeCertificates();
const file = (name: string) => join(certificates.directory, name);
let engine: Engine;
let system: System;
let ca: string;

beforeAll(async () => {
  certificates.authority("authority");
  certificates.signed("first", "authority");
  certificates.signed("second", "authority");
  ca = readFileSync(file("authority.pem"), "utf8");
  for (const end of ["pem", "key"]) renameSync(file(`first.${end}`), file(`shown.${end}`));
  engine = await startEngine();
  system = await startSystem({
    tls: true,
    dockerHost: engine.host,
    env: { BRIDGEPORT_TLS_CERT: file("shown.pem"), BRIDGEPORT_TLS_KEY: file("shown.key") },
  });
});
afterAll(async () => {
  await system?.remove();
  await engine?.remove();
  certificates.remove();
});

interface Answer {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** A request as a program makes it that believes the authority. */
function ask(path: string, options: RequestOptions = {}, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ ca });
    const sent = request(`${system.url}${path}`, { agent, ...options }, async (answer) => {
      let text = "";
      for await (const chunk of answer) text += chunk;
      agent.destroy();
      resolve({ status: answer.statusCode, headers: answer.headers, body: text });
    });
    sent.on("error", reject);
    sent.end(body && JSON.stringify(body));
  });
}

/** The serial number of the certificate that a new connection is shown. */
function shownSerial(): Promise<string> {
  const { port } = new URL(system.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port), ca }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? "");
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

test("people and programs are served by https, and the local agent joins", async () => {
  const answer = await ask("/");
  expect(answer.status).toBe(200);
  expect(answer.headers["strict-transport-security"]).toMatch(/^max-age=/);

  const { status, headers, body } = await ask(
    "/api/auth/login",
    {
      method: "POST",
      headers: { "content-type": "application/json", origin: system.url },
    },
    system.admin,
  );
  expect(status).toBe(200);
  const [cookie = ""] = headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/^__Host-bridgeport_session=.*Secure/);
  const [shown = ""] = cookie.split(";");

  const socket = new WebSocket(`${system.url.replace("https", "wss")}/api/ws`, {
    ca,
    headers: { cookie: shown, origin: system.url },
  });
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(String(data)));
  await waitFor(() => heard.some((text) => text.includes('"ready"')), { what: "the WebSocket" });
  socket.terminate();

  const { token } = JSON.parse(body) as { token: string };
  const read = async (path: string) =>
    JSON.parse((await ask(path, { headers: { authorization: `Bearer ${token}` } })).body);
  const { environments } = await read("/api/environments");
  await waitFor(
    async () => {
      const { servers } = await read(`/api/environments/${environments[0].id}/servers`);
      return servers[0]?.status === "online";
    },
    { what: "the local agent", explain: () => system.output().slice(-2000) },
  );

  const plain = await fetch(system.url.replace("https", "http"));
  expect([plain.status, await plain.json()]).toMatchObject([400, { code: "https_only" }]);
});

test("a renewed certificate is shown without a restart", async () => {
  const serialOf = (name: string) => new X509Certificate(readFileSync(file(name))).serialNumber;
  const { pid } = system;
  const before = pid();
  expect(await shownSerial()).toBe(serialOf("shown.pem"));
  const next = serialOf("second.pem");
  for (const end of ["pem", "key"]) renameSync(file(`second.${end}`), file(`shown.${end}`));
  await waitFor(async () => (await shownSerial()) === next, {
    what: "the new certificate",
    explain: () => system.output().slice(-2000),
  });
  expect(pid()).toBe(before);
});
