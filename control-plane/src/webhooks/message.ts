import { createHmac } from "node:crypto";
import type { Payload } from "./events.ts";
import { cardText, discordText, oneLine, slackText, unlinked, visible } from "./markup.ts";
import { type Notice, notice, type Tone } from "./notice.ts";
import {
  cut,
  gotifyMessage,
  matrixMessage,
  type Push,
  pushoverMessage,
  telegramMessage,
} from "./push-messages.ts";
import { ntfyTopic, type TargetKind } from "./target.ts";
import { templateRequest } from "./template.ts";

/** What one delivery sends over HTTP. */
export interface HttpMessage {
  method: "POST" | "PUT";
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A delivery's target, with its secret in clear. */
export interface Target {
  kind: TargetKind;
  url: string;
  secret: string | null;
  /** of the kind template */
  headers?: Record<string, string> | null;
  body?: string | null;
}

const colours: Record<Tone, number> = { good: 0x2e_a0_43, bad: 0xd1_24_2f, neutral: 0x58_6a_84 };
const adaptiveColours: Record<Tone, string> = {
  good: "Good",
  bad: "Attention",
  neutral: "Default",
};
const userAgent = "Bridgeport";

/**
 * The request that tells a target of an event, in the form that its kind takes. Every kind but
 * e-mail and MQTT is HTTP.
 * @param deliveryId stays the same when a delivery is tried again
 */
export function httpMessage(target: Target, payload: Payload, deliveryId: string): HttpMessage {
  const said = visible(notice(payload));
  const json = (
    url: string,
    value: unknown,
    headers: Record<string, string> = {},
    method: HttpMessage["method"] = "POST",
  ): HttpMessage => ({
    method,
    url,
    headers: { "Content-Type": "application/json", "User-Agent": userAgent, ...headers },
    body: JSON.stringify(value),
  });
  const pushed = (make: (url: URL, secret: string) => Push) => {
    const { url, value, headers, method } = make(new URL(target.url), target.secret ?? "");
    return json(url, value, headers, method);
  };
  switch (target.kind) {
    case "webhook": {
      const message = json(target.url, payload, {
        "X-Webhook-Event": payload.event,
        "X-Webhook-Delivery": deliveryId,
      });
      if (target.secret === null) return message;
      const signature = `sha256=${signatureOf(target.secret, message.body)}`;
      return { ...message, headers: { ...message.headers, "X-Webhook-Signature": signature } };
    }
    case "slack":
      return json(target.url, slackMessage(said));
    case "discord":
      return json(target.url, {
        embeds: [
          {
            title: cut(discordText(said.title), 256),
            description: cut(discordText(said.lines.join("\n")), 4000),
            url: said.url,
            color: colours[said.tone],
            timestamp: payload.at,
          },
        ],
        // An error message must not call everybody.
        allowed_mentions: { parse: [] },
      });
    case "teams":
      return json(target.url, teamsCard(said));
    case "ntfy": {
      const topic = ntfyTopic(new URL(target.url));
      if (topic === null) throw new Error("a stored ntfy target names its topic");
      return json(
        topic.server,
        {
          topic: topic.topic,
          title: cut(said.title, 250),
          message: cut(said.lines.join("\n"), 3500) || said.title,
          priority: said.tone === "bad" ? 4 : 3,
          tags:
            said.tone === "neutral" ? [] : [said.tone === "bad" ? "warning" : "white_check_mark"],
          click: said.url,
        },
        target.secret === null ? {} : { Authorization: `Bearer ${target.secret}` },
      );
    }
    case "telegram":
      return pushed((url, token) => telegramMessage(url, token, said));
    case "gotify":
      return pushed((url, token) => gotifyMessage(url, token, said));
    case "matrix":
      return pushed((url, token) => matrixMessage(url, token, said, deliveryId));
    case "pushover":
      return pushed((url, token) => pushoverMessage(url, token, said, payload.at));
    case "template": {
      const { url, headers, body, secret } = target;
      const template = { url, headers: headers ?? {}, body: body ?? null };
      const request = templateRequest(template, payload, deliveryId, secret ?? "");
      return {
        method: "POST",
        ...request,
        headers: { "User-Agent": userAgent, ...request.headers },
      };
    }
    case "email":
    case "mqtt":
      throw new Error(`${target.kind} does not go over HTTP`);
  }
}

/** HMAC-SHA256 of a body, in hexadecimal. */
export function signatureOf(secret: string, body: string | Uint8Array): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/** Slack shows the block, in which text is only text; what does not know blocks shows `text`. */
function slackMessage({ title, lines, url }: Notice) {
  const link = `*<${url}|${cut(slackText(title.replaceAll("|", "¦")), 500)}>*`;
  const section = (element: object) => ({ type: "rich_text_section", elements: [element] });
  return {
    text: cut([link, ...lines.map(slackText)].join("\n"), 2500),
    blocks: [
      {
        type: "rich_text",
        elements: [
          section({ type: "link", url, text: cut(title, 500), style: { bold: true } }),
          ...lines.map((line) => section({ type: "text", text: cut(line, 2000) })),
        ],
      },
    ],
    unfurl_links: false,
    unfurl_media: false,
  };
}

function teamsCard({ title, lines, tone, url }: Notice) {
  // A TextBlock takes its text for Markdown, and what an agent reports is in it.
  const block = (text: string, run: object = {}, more: object = {}) => ({
    type: "RichTextBlock",
    inlines: [{ type: "TextRun", text: cardText(text), ...run }],
    ...more,
  });
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            block(title, { weight: "Bolder", color: adaptiveColours[tone] }),
            ...lines.map((line) => block(cut(line, 2000), {}, { spacing: "Small" })),
          ],
          actions: [{ type: "Action.OpenUrl", title: "Open in Bridgeport", url }],
        },
      },
    ],
  };
}

/** An event as an e-mail. */
export function mailMessage(payload: Payload): { subject: string; text: string } {
  const { title, lines, url } = visible(notice(payload));
  const said = lines.map(unlinked);
  return {
    subject: cut(oneLine(`[Bridgeport] ${title}`), 200),
    text: [unlinked(title), "", ...said, ...(said.length > 0 ? [""] : []), url, ""].join("\n"),
  };
}
