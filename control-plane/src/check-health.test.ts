import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("check-health.ts", import.meta.url));

test("asks the address that it is given, whatever else the control plane was told", async () => {
  const server = createServer((_, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const child = spawn(process.execPath, ["--import", "tsx", program], {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        PATH: process.env.PATH,
        BRIDGEPORT_HTTP_ADDR: at,
        DATABASE_URL_FILE: "/run/secrets/database-url",
        DATABASE_PASSWORD: "of the URL in that file",
        DATABASE_MIGRATION_URL: "postgres://owner@database/bridgeport",
      },
    });
    let said = "";
    child.stderr.on("data", (chunk) => (said += chunk));
    const [code] = await once(child, "close");
    expect([code, said]).toEqual([0, ""]);
  } finally {
    server.close();
  }
});
