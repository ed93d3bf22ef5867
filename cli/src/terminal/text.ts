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
  const end = text.slice(-columns * mostUnits);
  const kept = fitting([...graphemes(end)].reverse(), columns - 1).reverse();
  return columns < 1 ? "" : `…${kept.join("")}`;
}

/** As many of the first segments as fit. */
function fitting(all: Iterable<string>, columns: number): string[] {
  const kept: string[] = [];
  let taken = 0;
  for (const segment of all) {
    taken += widthOf(segment);
    if (taken > columns) break;
    kept.push(segment);
  }
  return kept;
}

/**
 * A line of a log on a terminal: its colours stay, and end with it; everything else that is no text goes.
 */
export function printableLogLine(text: string): string {
  const shown = printableLine(text);
  return colourCode.test(shown) ? `${shown}${escapeCode}[0m` : shown;
}

/** A line with its colours and without other controls. */
function printableLine(text: string): string {
  return text
    .split(colourCode)
    .map((part, index) => (index % 2 === 1 ? part : stripVTControlCharacters(part)))
    .join("")
    .replaceAll(otherControls, "");
}

/** How many columns text takes; wide characters count as two, escape sequences as none. */
export function width(text: string): number {
  if (plain.test(text)) return text.length;
  let columns = 0;
  for (const segment of graphemes(stripVTControlCharacters(text))) columns += widthOf(segment);
  return columns;
}

const widthOf = (segment: string) => (wide.test(segment) ? 2 : 1);

/** At most that many columns, with an ellipsis where something was left out. No escape sequences. */
export function shortened(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns < 1) return "";
  return `${fitting(graphemes(text), columns - 1).join("")}…`;
}

const plain = /^[\x20-\x7e]*$/;
/** What is seen as one character has no more UTF-16 units than that, or is taken for several. */
const mostUnits = 32;
const segments = new Intl.Segmenter();

/** Part by part, because the time that segmenting takes grows with the square of a text's length. */
function* graphemes(text: string): Generator<string> {
  const step = 256;
  let open = "";
  for (let at = 0; at < text.length; at += step) {
    const parts = [...segments.segment(open + text.slice(at, at + step))];
    const isLast = at + step >= text.length;
    // The last two may be one with what comes next: the part may end inside of a character's code.
    const last = isLast ? [] : parts.splice(-2);
    open = last.map(({ segment }) => segment).join("");
    for (const { segment } of parts) yield segment;
    if (open.length > 2 * mostUnits) {
      yield open;
      open = "";
    }
  }
}
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

const escapeCode = String.fromCharCode(27);
const colourCode = new RegExp(`(${escapeCode}\\[[0-9;]{0,30}m)`);
// Tabs, and the escape of a colour, may stay.
const otherControls = new RegExp(`(?![\\t]|${escapeCode}\\[[0-9;]{0,30}m)\\p{Cc}`, "gu");
