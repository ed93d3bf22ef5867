/*
 * Which platforms fit which machines, written `os/architecture[/variant]`: by the same rules as the
 * engine's own.
 */

/**
 * Whether an image of one platform runs on a machine of another. ARM machines run images of lower
 * variants, and 64-bit machines those of their 32-bit family.
 */
export function platformFits(image: string, machine: string): boolean {
  const [imageOs, imageArchitecture = "", imageVariant] = image.split("/");
  const [os, architecture = "", variant] = machine.split("/");
  if (imageOs !== os) return false;
  if (imageArchitecture === architecture) {
    if (architecture === "arm") return level(imageVariant, 7) <= level(variant, 7);
    if (architecture === "amd64") return level(imageVariant, 1) <= level(variant, 4);
    return true;
  }
  if (architecture === "arm64") return imageArchitecture === "arm";
  return architecture === "amd64" && imageArchitecture === "386";
}

/** Of an image's platforms, the one that fits a machine best; null: none fits. */
export function fittingPlatform<P extends { platform: string }>(
  platforms: readonly P[],
  machine: string,
): P | null {
  const [, architecture] = machine.split("/");
  const rank = ({ platform }: P): number => {
    const [, own, variant] = platform.split("/");
    return (own === architecture ? 100 : 0) + level(variant, own === "arm" ? 7 : 1);
  };
  const fitting = platforms.filter(({ platform }) => platformFits(platform, machine));
  return fitting.toSorted((a, b) => rank(b) - rank(a))[0] ?? null;
}

/** The number of a variant such as `v7`. */
function level(variant: string | undefined, fallback: number): number {
  const number = Number(/^v(\d+)/.exec(variant ?? "")?.[1]);
  return Number.isNaN(number) ? fallback : number;
}
