import type { Notice } from "./notice.ts";

/*
 * What agents and registries report is in messages: names of containers and tags, texts of errors. For
 * each kind of target it is made text, of which no link, mention or formatting comes.
 */

const zeroWidthSpace = "\u200b";

/** Signs that are not seen, among them those that turn the direction in which a text is read. */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

/** A notice of what can be seen, with a title of one line. */
export function visible({ title, lines, tone, url }: Notice): Notice {
  const seen = (text: string) =>
    text.replaceAll(/\r\n?|[\u2028\u2029]/g, "\n").replaceAll(unseen, "");
  return { title: oneLine(seen(title)), lines: lines.map(seen), tone, url };
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Discord's Markdown made plain: no link, mention, heading, list or emphasis comes of a text. */
export function discordText(text: string): string {
  return text
    .replaceAll(/[\\*_~`|>#[\]()<@]|:(?=\/\/)/g, "\\$&")
    .replaceAll(/^([^\S\r\n\u2028\u2029]*)([-+](?= )|\d+(?=\. ))/gm, `$1${zeroWidthSpace}$2`);
}

/**
 * The plain form of what Slack shows in its notifications and Mattermost and Rocket.Chat as the message,
 * in their Markdown: Slack reads `<` and `&`, the others the rest.
 */
export function slackText(text: string): string {
  return unlinked(oneLine(text).replaceAll(/[\\*_~`#[\]]/g, "\\$&"))
    .replaceAll("@", `@${zeroWidthSpace}`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** Text of a card: it knows functions such as `{{DATE(…)}}`, also where it takes no Markdown. */
export function cardText(text: string): string {
  return text.replaceAll(/\{(?=\{)/g, `{${zeroWidthSpace}`);
}

/** Of plain text no reader makes an address that can be clicked. */
export function unlinked(text: string): string {
  return text
    .replaceAll("://", `:${zeroWidthSpace}//`)
    .replaceAll(/\b(www|mailto|tel)(?=[.:])/gi, `$1${zeroWidthSpace}`);
}
