import { Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";

/* HTTP calls that a plan makes before it begins, and when it ends. */

export const moments = ["before", "after"] as const;
export type Moment = (typeof moments)[number];

export const methods = ["POST", "PUT", "PATCH", "GET"] as const;
export type Method = (typeof methods)[number];

export interface Hook {
  /** what people know it by; another one at each moment */
  name: string;
  url: string;
  method: Method;
  /** their values are secret */
  headers: Record<string, string>;
  /** null: what the plan is about, as JSON */
  body: string | null;
  /** how long the call may take with everything, in milliseconds */
  timeoutMs: number;
}

/** In the order in which they are called. */
export type Hooks = Record<Moment, Hook[]>;

/** As it is stored. */
export interface SealedHook extends Pick<Hook, "name" | "method" | "timeoutMs"> {
  /** without its query, where secrets may be */
  url: string;
  /** its URL, headers and body, encrypted */
  request: Buffer;
}
export type SealedHooks = Record<Moment, SealedHook[]>;

/** What is sent where. */
export type HookRequest = Pick<Hook, "url" | "headers" | "body">;

export function sealedHooks(secrets: Secrets, hooks: Hooks): SealedHooks {
  const sealed = ({ name, method, timeoutMs, url, headers, body }: Hook): SealedHook => ({
    ...{ name, method, timeoutMs, url: withoutQuery(url) },
    request: secrets.encrypt(JSON.stringify({ url, headers, body } satisfies HookRequest)),
  });
  return { before: hooks.before.map(sealed), after: hooks.after.map(sealed) };
}

/** @throws {Error} where none of the master keys fits */
export function openedRequest(secrets: Secrets, request: Buffer): HookRequest {
  return JSON.parse(secrets.decrypt(request)) as HookRequest;
}

export function openedHooks(secrets: Secrets, hooks: SealedHooks): Hooks {
  const opened = ({ name, method, timeoutMs, request }: SealedHook): Hook => ({
    ...{ name, method, timeoutMs, ...openedRequest(secrets, request) },
  });
  return { before: hooks.before.map(opened), after: hooks.after.map(opened) };
}

export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** What is shown in the place of a header's value, and keeps the stored one where it comes back. */
export const hidden = "***";

export function withoutValues({ before, after }: Hooks): Hooks {
  const shown = (hook: Hook): Hook => ({
    ...hook,
    headers: Object.fromEntries(Object.keys(hook.headers).map((name) => [name, hidden])),
  });
  return { before: before.map(shown), after: after.map(shown) };
}

/**
 * Hooks with the stored values of the headers that say `***`. A value goes only where it went before: to
 * the same origin, by the hook of the same name.
 * @param stored null: hooks of one plan, in the field `hooks` of its request, of which none are stored
 * @throws {Problem} 400 for a `***` in whose place there is nothing
 */
export function withStoredValues(asked: Hooks, stored: Hooks | null): Hooks {
  const filled = (moment: Moment) =>
    asked[moment].map((hook, index): Hook => {
      const before = stored?.[moment].find(({ name }) => name === hook.name);
      const headers = Object.entries(hook.headers).map(([name, value]): [string, string] => {
        if (value !== hidden) return [name, value];
        const path = `${stored === null ? "hooks." : ""}${moment}[${index}].headers.${name}`;
        const kept = before && storedValue(before, name);
        if (before === undefined || kept === undefined) {
          throw wrong(path, "enter its value: none is stored for this hook");
        }
        if (new URL(before.url).origin !== new URL(hook.url).origin) {
          throw wrong(path, "enter it again, because the address is another one now");
        }
        return [name, kept];
      });
      return { ...hook, headers: Object.fromEntries(headers) };
    });
  return { before: filled("before"), after: filled("after") };
}

function storedValue({ headers }: Hook, asked: string): string | undefined {
  const same = ([name]: [string, string]) => name.toLowerCase() === asked.toLowerCase();
  return Object.entries(headers).find(same)?.[1];
}

function wrong(path: string, message: string): Problem {
  return new Problem("invalid", "validation_failed", `${path}: ${message}`, {
    details: [{ path, message }],
  });
}
