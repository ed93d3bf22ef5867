/**
 * The next page of a list, from the `Link` header of RFC 8288: `</v2/app/tags/list?last=b&n=2>;
 * rel="next"`. Only path and query of the link count: a registry behind a proxy may name itself
 * by an inner host, and a link must never take credentials to another one.
 *
 * @param current the URL of the page that was read
 * @returns the next page's URL; null: this was the last
 */
export function nextPage(link: string | undefined, current: URL): URL | null {
  for (const { target, parameters } of linkValues(link ?? "")) {
    if (!parameters.some((parameter) => /^rel="?next"?$/i.test(parameter))) continue;
    if (!URL.canParse(target, current.href)) return null;
    const { pathname, search } = new URL(target, current);
    const next = new URL(current);
    next.pathname = pathname;
    next.search = search;
    return next;
  }
  return null;
}

/**
 * The next page where there is no `Link`: some registries end a list at the number that was asked for and
 * say nothing of the rest.
 *
 * @param current the URL of the page that was read
 * @returns null: the page has less than was asked for, or more, from a registry that does not count
 */
export function pageAfter(items: readonly string[], current: URL): URL | null {
  const last = items.at(-1);
  if (last === undefined || current.searchParams.get("n") !== `${items.length}`) return null;
  const next = new URL(current);
  next.searchParams.set("last", last);
  return next;
}

interface LinkValue {
  target: string;
  parameters: string[];
}

/** `rel = next` as `rel=next`. */
function withoutSpaces(parameter: string): string {
  const words = parameter.split("=").map((word) => word.trim());
  return words.join("=");
}

/** Splits a Link header: targets stand in angle brackets and may contain commas. */
function linkValues(header: string): LinkValue[] {
  const values: LinkValue[] = [];
  let position = 0;
  for (;;) {
    const open = header.indexOf("<", position);
    const close = open < 0 ? -1 : header.indexOf(">", open);
    if (close < 0) return values;
    const following = header.indexOf("<", close);
    const rest = header.slice(close + 1, following < 0 ? undefined : following);
    values.push({
      target: header.slice(open + 1, close),
      parameters: rest.split(/[;,]/).map(withoutSpaces),
    });
    position = close + 1;
  }
}
