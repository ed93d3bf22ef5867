/*
 * A command as a line that people read and write: words between spaces, quoted where they have some. It
 * is no shell: nothing in it is replaced.
 */

/** The words of a line; null: a quote is not closed, or it ends in a backslash. */
export function wordsOf(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    if (quote !== null && letter === quote) quote = null;
    else if (letter === "\\" && quote !== "'") {
      at += 1;
      if (at === line.length) return null;
      word = (word ?? "") + line.charAt(at);
    } else if (quote !== null) word = (word ?? "") + letter;
    else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + letter;
  }
  if (quote !== null) return null;
  return word === null ? words : [...words, word];
}

/** The line of which `wordsOf` makes these words again. */
export function lineOf(words: readonly string[]): string {
  return words
    .map((word) => (/^[^\s'"\\]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}
