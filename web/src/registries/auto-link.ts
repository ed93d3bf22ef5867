/**
 * Whether a registry's auto-link pattern takes an image in, as the server decides it: patterns
 * separated by commas, `*` for anything, slashes too; one without `*` is a name or the beginning
 * of a path. Compared with the name as it is written and with the whole one.
 */
export function autoLinks(pattern: string, imageName: string): boolean {
  const names = [imageName.toLowerCase(), wholeName(imageName.toLowerCase())];
  return pattern
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .some((part) => part !== "" && names.some((name) => matches(part, name)));
}

/** `docker.io/library/nginx` for `nginx`. */
function wholeName(name: string): string {
  const [first = "", ...rest] = name.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  if (isHost) return name;
  return rest.length === 0 ? `docker.io/library/${name}` : `docker.io/${name}`;
}

function matches(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) {
    return name === pattern || name.startsWith(pattern.endsWith("/") ? pattern : `${pattern}/`);
  }
  const pieces = pattern.split("*");
  const first = pieces.shift() ?? "";
  const last = pieces.pop() ?? "";
  const end = name.length - last.length;
  if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let position = first.length;
  for (const piece of pieces) {
    const found = name.indexOf(piece, position);
    if (found < 0 || found + piece.length > end) return false;
    position = found + piece.length;
  }
  return true;
}
