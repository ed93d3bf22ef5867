import { createServer, type IncomingMessage, type Server } from "node:http";
import { RegistryClient } from "../client.ts";
import type { Outcome } from "../outcome.ts";
import { RegistryMemory } from "../registry-memory.ts";
import { loginFor, type RegistryType, type StoredLogin } from "../registry-type.ts";
import { RegistryTransport } from "../transport.ts";
import type { Dialect, DialectContext, TagDetail } from "./dialect.ts";
import { VendorApi } from "./vendor-api.ts";

/*
 * A vendor's API for tests: answers as its documentation shows it, and keeps what it was asked.
 */

export interface Asked {
  method: string;
  /** path and query */
  url: string;
  authorization: string | undefined;
  target: string | undefined;
  securityToken: string | undefined;
  body: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

export class VendorDouble {
  readonly asked: Asked[] = [];
  readonly transport = new RegistryTransport();
  answer: (request: Asked) => Answer = () => ({ status: 404, body: {} });
  readonly #server: Server = createServer((request, response) => {
    read(request).then(
      (body) => {
        const one: Asked = {
          method: request.method ?? "",
          url: request.url ?? "",
          authorization: request.headers.authorization,
          target: header(request, "x-amz-target"),
          securityToken: header(request, "x-amz-security-token"),
          body,
        };
        this.asked.push(one);
        const { status = 200, headers = {}, body: sent } = this.answer(one);
        response
          .writeHead(status, { "content-type": "application/json", ...headers })
          .end(typeof sent === "string" ? sent : JSON.stringify(sent));
      },
      () => response.destroy(),
    );
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    await this.transport.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("it is not started");
    return `http://127.0.0.1:${address.port}`;
  }

  /** A connection whose registry goes by `domain` and is this server. */
  context(
    type: RegistryType,
    domain: string,
    login: Partial<StoredLogin> = {},
    prefix: string | null = null,
  ): DialectContext {
    const whole = { username: null, password: null, token: null, ...login };
    const credentials = loginFor(type, whole);
    return {
      client: new RegistryClient({
        endpoint: { origin: this.origin, domain, pathPrefix: "" },
        credentials,
        transport: this.transport,
        memory: new RegistryMemory(),
      }),
      login: whole,
      credentials,
      prefix,
      api: new VendorApi(this.transport),
    };
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** @throws {Error} when it is a failure */
export function value<T>(outcome: Outcome<T> | null | undefined): T {
  if (!outcome?.ok) throw new Error(`${outcome?.kind}: ${outcome?.message}`);
  return outcome.value;
}

export async function details(
  dialect: Dialect,
  context: DialectContext,
  repository: string,
): Promise<Record<string, TagDetail>> {
  return Object.fromEntries(value(await dialect.tagDetails?.(context, repository)));
}

export const sha = (letter: string): string => `sha256:${letter.repeat(64)}`;
export const at = (text: string): number => Date.parse(text);
