import { stripVTControlCharacters } from "node:util";

/**
 * Text from elsewhere as it may be shown on a terminal, in one line: no control characters, so that a name
 * or a message can neither move the cursor nor retitle the window.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\t\n\r\u2028\u2029]+/g, " ")
    .replaceAll(/\p{Cc}/gu, "")
    .replaceAll(turning, "");
}

/** Characters that turn the direction of what follows, so that it reads as something else. */
const turning = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text in several lines as it may be shown on a terminal: with its colours, without other controls. */
export function printableText(text: string): string {
  return text.split("\n").map(printableLine).join("\n");
}

/** Like `shortened`, keeping the end: of image names that is what tells them apart. */
export function shortenedStart(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const turned = [...segments.segment(text)].map(({ segment }) => segment).reverse();
  let kept = "";
  for (const segment of turned) {
    if (width(segment + kept) > columns - 1) break;
    kept = segment + kept;
  }
  return columns < 1 ? "" : `…${kept}`;
}

/** A line of a log on a terminal: its colours stay, everything else that is no text goes. */
export function printableLine(text: string): string {
  return text
    .split(colourCode)
    .map((part, index) => (index % 2 === 1 ? part : stripVTControlCharacters(part)))
    .join("")
    .replaceAll(otherControls, "");
}

/** How many columns text takes; wide characters count as two, escape sequences as none. */
export function width(text: string): number {
  let columns = 0;
  for (const { segment } of segments.segment(stripVTControlCharacters(text))) {
    columns += wide.test(segment) ? 2 : 1;
  }
  return columns;
}

/** At most that many columns, with an ellipsis where something was left out. No escape sequences. */
export function shortened(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  for (const { segment } of segments.segment(text)) {
    if (width(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return columns < 1 ? "" : `${kept}…`;
}

const segments = new Intl.Segmenter();
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

const escapeCode = String.fromCharCode(27);
const colourCode = new RegExp(`(${escapeCode}\\[[0-9;]{0,30}m)`);
// Tabs, and the escape of a colour, may stay.
const otherControls = new RegExp(`(?![\\t]|${escapeCode}\\[[0-9;]{0,30}m)\\p{Cc}`, "gu");
