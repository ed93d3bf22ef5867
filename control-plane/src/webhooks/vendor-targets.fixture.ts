import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * Services that push to phones and rooms, as their own documentation has them answer: they look at where
 * the credential is, at the required fields and at their limits.
 */

interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: each service has fields of its own
  json: any;
}

type Answer = [status: number, body: unknown];

const vendors: Record<string, (asked: Asked) => Answer> = {
  telegram({ method, path, json }) {
    const match = /^\/bot([^/]+)\/sendMessage$/.exec(path);
    if (method !== "POST" || match?.[1] !== tokens.telegram) {
      return [401, { ok: false, error_code: 401, description: "Unauthorized" }];
    }
    if (json.chat_id !== "-1001234567890") {
      return [400, { ok: false, error_code: 400, description: "Bad Request: chat not found" }];
    }
    if (typeof json.text !== "string" || json.text.length > 4096) {
      return [400, { ok: false, error_code: 400, description: "Bad Request: message is too long" }];
    }
    return [200, { ok: true, result: { message_id: 7, date: 1_795_000_000, text: json.text } }];
  },
  gotify({ method, path, headers, json }) {
    if (
      method !== "POST" ||
      path !== "/push/message" ||
      headers["x-gotify-key"] !== tokens.gotify
    ) {
      const errorDescription = "you need to provide a valid access token or user credentials";
      return [401, { error: "Unauthorized", errorCode: 401, errorDescription }];
    }
    if (!json.message) return [400, { error: "Bad Request", errorCode: 400 }];
    return [200, { id: 1, appid: 2, ...json, date: "2026-11-23T12:00:00Z" }];
  },
  matrix({ method, path, headers, json }) {
    if (headers.authorization !== `Bearer ${tokens.matrix}`) {
      return [401, { errcode: "M_UNKNOWN_TOKEN", error: "Unrecognised access token" }];
    }
    const place = /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/m\.room\.message\/([^/]+)$/;
    const match = place.exec(path);
    if (method !== "PUT" || match === null) return [404, { errcode: "M_UNRECOGNIZED" }];
    if (decodeURIComponent(match[1] ?? "") !== "!abc:matrix.test") {
      return [403, { errcode: "M_FORBIDDEN", error: "User not in room" }];
    }
    if (typeof json.msgtype !== "string" || typeof json.body !== "string") {
      return [400, { errcode: "M_BAD_JSON" }];
    }
    return [200, { event_id: `$${match[2]}` }];
  },
  pushover({ method, path, json }) {
    const refused = (errors: string[]): Answer => [400, { status: 0, request: "r", errors }];
    if (method !== "POST" || path !== "/1/messages.json") return refused(["not found"]);
    if (json.token !== tokens.pushover) return refused(["application token is invalid"]);
    if (json.user !== "u".repeat(30)) return refused(["user identifier is invalid"]);
    if (!json.message || json.message.length > 1024 || json.title.length > 250) {
      return refused(["message cannot be blank"]);
    }
    return [200, { status: 1, request: "647d2300-702c-4b38-8b2f-d56326ae460b" }];
  },
};

export const tokens = {
  telegram: "123456:AAEhBP0av28abcdefghij_-klmnopqrstuvw",
  gotify: "AbCdEf123456",
  matrix: "syt_b3Bz_token",
  pushover: "a".repeat(30),
};
export type Vendor = keyof typeof tokens;

export interface VendorTarget {
  origin: string;
  asked: Asked[];
  close(): Promise<void>;
}

/** One of them on loopback. */
export async function startVendor(vendor: Vendor): Promise<VendorTarget> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const one = { method, path, headers, json: JSON.parse(Buffer.concat(chunks).toString()) };
      asked.push(one);
      const [status, body] = vendors[vendor]?.(one) ?? [404, null];
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
