import { unlinked } from "./markup.ts";
import type { Notice } from "./notice.ts";

/*
 * What services that push to phones and rooms are sent. None of them reads formatting in these fields;
 * addresses and mentions are taken out of what others have written.
 */

/** A request without what all of them have; see message.ts. */
export interface Push {
  method?: "PUT";
  url: string;
  headers?: Record<string, string>;
  value: unknown;
}

/** https://core.telegram.org/bots/api#sendmessage: without `parse_mode` a text is only a text. */
export function telegramMessage(
  target: URL,
  token: string,
  { title, lines, tone, url }: Notice,
): Push {
  const thread = target.searchParams.get("message_thread_id");
  const said = [title, ...lines].map((line) => unmentioned(unlinked(line))).join("\n");
  return {
    url: `${below(target)}/bot${token}/sendMessage`,
    value: {
      chat_id: target.searchParams.get("chat_id"),
      ...(thread ? { message_thread_id: Number(thread) } : {}),
      text: `${cut(said, 3500)}\n\n${url}`,
      link_preview_options: { is_disabled: true },
      disable_notification: tone !== "bad",
    },
  };
}

/** https://gotify.net/api-docs#/message/createMessage */
export function gotifyMessage(
  target: URL,
  token: string,
  { title, lines, tone, url }: Notice,
): Push {
  return {
    url: `${below(target)}/message`,
    headers: { "X-Gotify-Key": token },
    value: {
      title: cut(title, 250),
      message: cut(lines.join("\n"), 3500) || title,
      priority: tone === "bad" ? 8 : 4,
      extras: {
        "client::display": { contentType: "text/plain" },
        "client::notification": { click: { url } },
      },
    },
  };
}

/**
 * https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid: the
 * transaction is the delivery, so that one that is tried again is shown once. An empty `m.mentions` says
 * that nobody is called, whatever the text has in it.
 */
export function matrixMessage(
  target: URL,
  token: string,
  { title, lines, url }: Notice,
  deliveryId: string,
): Push {
  const room = encodeURIComponent(target.searchParams.get("room") ?? "");
  const said = lines.map((line) => cut(line, 2000));
  return {
    method: "PUT",
    url: `${below(target)}/_matrix/client/v3/rooms/${room}/send/m.room.message/${encodeURIComponent(deliveryId)}`,
    headers: { Authorization: `Bearer ${token}` },
    value: {
      msgtype: "m.notice",
      body: cut([title, ...said].map(unlinked).join("\n"), 10_000).concat(`\n${url}`),
      format: "org.matrix.custom.html",
      formatted_body: cutLines([
        `<a href="${html(url)}"><strong>${html(unlinked(title))}</strong></a>`,
        ...said.map((line) => html(unlinked(line)).replaceAll("\n", "<br>")),
      ]),
      "m.mentions": {},
    },
  };
}

/** https://pushover.net/api */
export function pushoverMessage(
  target: URL,
  token: string,
  { title, lines, tone, url }: Notice,
  at: string,
): Push {
  const device = target.searchParams.get("device");
  return {
    url: `${below(target)}/1/messages.json`,
    value: {
      token,
      user: target.searchParams.get("user"),
      ...(device ? { device } : {}),
      title: cut(title, 250),
      message: cut(lines.map(unlinked).join("\n"), 1000) || title,
      url: cut(url, 512),
      url_title: "Open in Bridgeport",
      priority: tone === "bad" ? 1 : 0,
      timestamp: Math.floor(Date.parse(at) / 1000),
    },
  };
}

/** The address that a server's own paths are below. */
function below({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/$/, "")}`;
}

function unmentioned(text: string): string {
  return text.replaceAll("@", "@\u200b");
}

function html(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** As many whole lines as an event of Matrix has room for: it may have 65,536 bytes. */
function cutLines(lines: string[]): string {
  const kept: string[] = [];
  let size = 0;
  for (const line of lines) {
    size += line.length + 4;
    if (size > 12_000) break;
    kept.push(line);
  }
  return kept.join("<br>");
}

/** @param length at most, in UTF-16 units */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
