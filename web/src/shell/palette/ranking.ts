/** Something that the palette can go to or do. */
export interface Entry {
  id: string;
  /** "Image", "Service", "Do": what kind of thing it is */
  kind: string;
  label: string;
  /** said after the label, searched too */
  detail?: string;
  /** further words to find it by */
  words?: string;
  href?: string;
  act?: () => void;
}

/**
 * The best `most` entries for what was typed, best first. Every word has to be found; the
 * beginning of the label counts most, then the beginning of a word, then anywhere.
 */
export function rank(entries: readonly Entry[], typed: string, most: number): Entry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries.slice(0, most);
  const scored: { entry: Entry; score: number }[] = [];
  for (const entry of entries) {
    let score = 0;
    for (const word of words) {
      const found = scoreOf(entry, word);
      if (found === 0) {
        score = 0;
        break;
      }
      score += found;
    }
    if (score > 0) scored.push({ entry, score });
  }
  // Equal ones stay in the order they were given in.
  scored.sort((a, b) => b.score - a.score || a.entry.label.length - b.entry.label.length);
  return scored.slice(0, most).map(({ entry }) => entry);
}

function scoreOf(entry: Entry, word: string): number {
  const label = entry.label.toLowerCase();
  if (label === word) return 100;
  if (label.startsWith(word)) return 60;
  if (startsAWord(label, word)) return 40;
  if (label.includes(word)) return 20;
  const rest = `${entry.kind} ${entry.detail ?? ""} ${entry.words ?? ""}`.toLowerCase();
  if (startsAWord(rest, word)) return 10;
  return rest.includes(word) ? 5 : 0;
}

function startsAWord(text: string, word: string): boolean {
  let at = text.indexOf(word);
  while (at >= 0) {
    if (at === 0 || !/[a-z0-9]/.test(text.charAt(at - 1))) return true;
    at = text.indexOf(word, at + 1);
  }
  return false;
}
