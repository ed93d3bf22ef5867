/*
 * When two ways to write a name mean the same thing at the control plane: it keeps names as they were
 * written, and has each thing once all the same.
 */

/** A name of an item as it is compared. @param index which of the item's names, from the outside in */
export function comparedName(kind: string, index: number, name: string): string {
  if (kind === "user") return name.toLowerCase();
  return kind === "image" && index === 1 ? wholeImageName(name) : name;
}

/** A field's value as it is compared. */
export function comparedValue(kind: string, field: string, value: unknown): unknown {
  const isImage = kind === "service" && field === "image" && typeof value === "string";
  return isImage ? wholeImageName(value) : value;
}

const hub = "docker.io";
const hubAliases = ["index.docker.io", "registry-1.docker.io"];

/** "nginx" → "docker.io/library/nginx", as the Docker command line reads it. */
function wholeImageName(name: string): string {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const hasDomain = /[.:[\]]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const domain = hasDomain ? first.toLowerCase() : hub;
  const path = hasDomain ? name.slice(slash + 1) : name;
  if (domain !== hub && !hubAliases.includes(domain)) return `${domain}/${path}`;
  return `${hub}/${path.includes("/") ? "" : "library/"}${path}`;
}
