/**
 * Whether an image of one platform runs on a machine of another. ARM machines run images of lower
 * variants, and 64-bit machines those of their 32-bit family: the same rules as the engine's own.
 */
export function runsOn(image: string, wanted: string): boolean {
  const [imageOs, imageArchitecture = "", imageVariant] = image.split("/");
  const [os, architecture = "", variant] = wanted.split("/");
  if (imageOs !== os) return false;
  if (imageArchitecture === architecture) {
    if (architecture === "arm") return level(imageVariant, 7) <= level(variant, 7);
    if (architecture === "amd64") return level(imageVariant, 1) <= level(variant, 4);
    return true;
  }
  if (architecture === "arm64") return imageArchitecture === "arm";
  return architecture === "amd64" && imageArchitecture === "386";
}

/** The number of a variant such as `v7`. */
function level(variant: string | undefined, fallback: number): number {
  const number = Number(/^v(\d+)/.exec(variant ?? "")?.[1]);
  return Number.isNaN(number) ? fallback : number;
}
