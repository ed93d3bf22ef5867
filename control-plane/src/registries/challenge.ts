/** One scheme of a `WWW-Authenticate` header with its parameters, names in lower case. */
export interface Challenge {
  scheme: "bearer" | "basic" | "other";
  parameters: Readonly<Record<string, string>>;
}

const longestHeader = 8192;
const token = /[^\s,="]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const space = /[\s,]*/y;

/** Reads every challenge of a `WWW-Authenticate` header; what cannot be read is left out. */
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
      position++;
      continue;
    }
    const before = position;
    take(space);
    if (text[position] !== "=") {
      position = before;
      const scheme = word.toLowerCase();
      parameters = {};
      challenges.push({
        scheme: scheme === "bearer" || scheme === "basic" ? scheme : "other",
        parameters,
      });
      continue;
    }
    position++;
    take(space);
    const value = take(quoted)?.[1]?.replace(/\\(.)/g, "$1") ?? take(token)?.[0] ?? "";
    parameters[word.toLowerCase()] = value;
  }
}
