import { familiarName, type ImageReference, normalizedName } from "./reference.ts";

/**
 * Whether a registry's auto-link pattern takes in an image: comma-separated patterns in which `*`
 * stands for anything, slashes too; one without `*` is a name or the beginning of a path. Compared
 * with the whole name and with the short one that people write. Linear in both.
 *
 * @returns how many characters the best matching pattern fixes, so that the most specific
 * registry can win; null: none matches
 */
export function autoLinkStrength(
  pattern: string,
  image: Pick<ImageReference, "domain" | "path">,
): number | null {
  const names = [normalizedName(image), familiarName(image)];
  let best: number | null = null;
  for (const part of pattern.split(",")) {
    const wanted = part.trim().toLowerCase();
    if (wanted === "" || !names.some((name) => matches(wanted, name))) continue;
    best = Math.max(best ?? 0, wanted.replaceAll("*", "").length);
  }
  return best;
}

/** A registry connection that takes images in by itself. */
export interface AutoLink {
  id: string;
  autoLinkPattern: string;
}

/** The id of the registry whose pattern takes an image in: the most specific one's, the first of equals; null: none. */
export function linkedBy(
  registries: readonly AutoLink[],
  image: Pick<ImageReference, "domain" | "path">,
): string | null {
  let best: { id: string; strength: number } | null = null;
  for (const { id, autoLinkPattern } of registries) {
    const strength = autoLinkStrength(autoLinkPattern, image);
    if (strength !== null && strength > (best?.strength ?? -1)) best = { id, strength };
  }
  return best?.id ?? null;
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) {
    return name === pattern || name.startsWith(pattern.endsWith("/") ? pattern : `${pattern}/`);
  }
  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  const last = pieces[pieces.length - 1] ?? "";
  const end = name.length - last.length;
  if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let position = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, position);
    if (found < 0 || found + piece.length > end) return false;
    position = found + piece.length;
  }
  return true;
}
