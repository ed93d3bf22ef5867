/** One scheme of a `WWW-Authenticate` header with its parameters, names in lower case. */
export interface Challenge {
  scheme: "bearer" | "basic" | "other";
  parameters: Readonly<Record<string, string>>;
}

const longestHeader = 8192;
const token = /[^\s,="]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"/sy;
const unquoted = /[^\s,"]*/y;
const space = /[\s,]*/y;
const blank = /\s*/y;
/** What some schemes have in the place of parameters. */
const token68 = /\s+[A-Za-z0-9\-._~+/]+=*(?=\s*(?:,|$))/y;

/**
 * Reads every challenge of a `WWW-Authenticate` header, several headers joined by commas. What
 * cannot be read is left out; from a quote on that is not closed, nothing is read.
 */
export function parseChallenges(header: string | undefined): Challenge[] {
  const text = (header ?? "").slice(0, longestHeader);
  const challenges: Challenge[] = [];
  let parameters: Record<string, string> = {};
  let position = 0;
  const take = (shape: RegExp): RegExpExecArray | null => {
    shape.lastIndex = position;
    const match = shape.exec(text);
    if (match !== null) position = shape.lastIndex;
    return match;
  };
  for (;;) {
    take(space);
    const word = take(token)?.[0];
    if (word === undefined) {
      if (position >= text.length) return challenges;
      if (text[position] !== '"') position++;
      else if (take(quoted) === null) return challenges;
      continue;
    }
    const before = position;
    take(blank);
    if (text[position] !== "=") {
      position = before;
      const scheme = word.toLowerCase();
      parameters = {};
      challenges.push({
        scheme: scheme === "bearer" || scheme === "basic" ? scheme : "other",
        parameters,
      });
      take(token68);
      continue;
    }
    position++;
    take(blank);
    const value = take(quoted);
    if (value === null && text[position] === '"') return challenges;
    parameters[word.toLowerCase()] =
      value?.[1]?.replace(/\\(.)/gs, "$1") ?? take(unquoted)?.[0] ?? "";
  }
}
