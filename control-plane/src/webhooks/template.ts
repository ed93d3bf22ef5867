import type { Payload } from "./events.ts";
import { visible } from "./markup.ts";
import { notice } from "./notice.ts";

/*
 * Targets of the kind `template`: a request of one's own, with placeholders such as {{title}} in the
 * URL's path and query, in headers and in the body.
 */

/** The words that can stand in a placeholder, beside `data.…`. */
const words = [
  ...["event", "title", "text", "url", "environment", "at", "tone", "delivery", "payload"],
  "secret",
];
const placeholder = /\{\{([^{}]{0,100})\}\}/g;
const path = /^data(\.[A-Za-z0-9_]{1,50}){1,8}$/;

/** Headers that belong to the connection, or that say how long the body is. */
const forbiddenHeaders = new Set([
  ...["host", "connection", "content-length", "transfer-encoding", "upgrade", "expect", "te"],
  ...["keep-alive", "proxy-authorization", "proxy-connection", "trailer"],
]);

export interface Template {
  url: string;
  headers: Record<string, string>;
  /** null: the payload as JSON */
  body: string | null;
}

/** What is wrong with a template's URL, as a sentence's end; null: nothing. */
export function wrongTemplateUrl(text: string): string | null {
  const wrong = wrongPlaceholder(text);
  if (wrong !== null) return wrong;
  const end = text.indexOf("{{");
  if (end >= 0 && !/^https?:\/\/[^/?#]+[/?]/i.test(text.slice(0, end))) {
    return "must have placeholders in its path and query only";
  }
  return null;
}

/** What is wrong with a template's headers or body; null: nothing. */
export function wrongTemplate(template: Template): { field: string; message: string } | null {
  for (const [name, value] of Object.entries(template.headers)) {
    const field = `headers.${name}`;
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) {
      return { field, message: "is not the name of a header" };
    }
    if (forbiddenHeaders.has(name.toLowerCase())) {
      return { field, message: "cannot be set: it belongs to the connection" };
    }
    if (/\p{Cc}/u.test(value)) return { field, message: "must not contain control characters" };
    const message = wrongPlaceholder(value);
    if (message !== null) return { field, message };
  }
  if (template.body === null) return null;
  const message = wrongPlaceholder(template.body);
  if (message !== null) return { field: "body", message };
  const { headers, body } = templateRequest(template, example, "id", "secret");
  if (!isJson(headers)) return null;
  try {
    JSON.parse(body);
    return null;
  } catch {
    return {
      field: "body",
      message:
        'is no JSON with its placeholders filled in: put them into quotes, "{{title}}", but for {{payload}}; or set another Content-Type',
    };
  }
}

/** The request that a template makes of an event. */
export function templateRequest(
  { url, headers, body }: Template,
  payload: Payload,
  deliveryId: string,
  secret: string,
): { url: string; headers: Record<string, string>; body: string } {
  const said = visible(notice(payload));
  const values: Record<string, unknown> = {
    event: payload.event,
    title: said.title,
    text: said.lines.join("\n"),
    url: said.url,
    environment: payload.environment?.name ?? "",
    at: payload.at,
    tone: said.tone,
    delivery: deliveryId,
    payload,
    secret,
    data: payload.data,
  };
  const fill = (text: string, escaped: (value: unknown) => string) =>
    text.replaceAll(placeholder, (_, word: string) => escaped(valueAt(values, word.trim())));
  const filled = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      fill(value, (each) => plain(each).replaceAll(/[^\x20-\x7e]/g, " ")),
    ]),
  );
  const sent = hasContentType(filled) ? filled : { "Content-Type": "application/json", ...filled };
  return {
    url: fill(url, inUrl),
    headers: sent,
    body: fill(body ?? "{{payload}}", isJson(sent) ? inJson : isForm(sent) ? inUrl : plain),
  };
}

function wrongPlaceholder(text: string): string | null {
  for (const [whole, word = ""] of text.matchAll(placeholder)) {
    const name = word.trim();
    if (words.includes(name) || path.test(name)) continue;
    return `has ${whole}, which is no placeholder: there are ${words.map((one) => `{{${one}}}`).join(", ")} and those of an event's data, such as {{data.server.name}}`;
  }
  return null;
}

/** What is not there is empty: each event has data of its own. */
function valueAt(values: Record<string, unknown>, word: string): unknown {
  let value: unknown = values;
  for (const part of word.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return "";
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

const plain = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
/** A text goes between quotes that are there already; what is no text is a value by itself. */
const inJson = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? JSON.stringify(value)
    : JSON.stringify(plain(value)).slice(1, -1);
/** Half a surrogate pair cannot be encoded. */
const inUrl = (value: unknown): string => encodeURIComponent(Buffer.from(plain(value)).toString());

const contentType = (headers: Record<string, string>) =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1];
const hasContentType = (headers: Record<string, string>) => contentType(headers) !== undefined;
const isJson = (headers: Record<string, string>) =>
  /^[^;]*[/+]json\s*(;|$)/i.test(contentType(headers) ?? "");
const isForm = (headers: Record<string, string>) =>
  /^application\/x-www-form-urlencoded\b/i.test(contentType(headers) ?? "");

const example: Payload = {
  event: "test",
  at: "2026-01-01T00:00:00.000Z",
  environment: null,
  data: { message: 'A "test"', url: "https://bridgeport.example.com/" },
};
