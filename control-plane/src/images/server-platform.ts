import { defaultPlatform } from "../registries/describe-image.ts";
import { platformName } from "../registries/manifest.ts";

const architectures: Record<string, string> = {
  x86_64: "amd64",
  aarch64: "arm64",
  armv7l: "arm/v7",
  armv6l: "arm/v6",
  i386: "386",
  i686: "386",
};

/** An engine's word for its platform (`linux/x86_64`) as images say it (`linux/amd64`). */
export function canonicalPlatform(platform: string): string {
  const [os = "", architecture = "", variant] = platform.split("/");
  const known = architectures[architecture];
  if (known !== undefined) return `${os}/${known}`;
  return platformName({ os, architecture, variant }) ?? platform;
}

/** The platform that most of an image's servers have; linux/amd64 where none is known. */
export function commonPlatform(platforms: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const platform of platforms.map(canonicalPlatform)) {
    counts.set(platform, (counts.get(platform) ?? 0) + 1);
  }
  let common: string = defaultPlatform;
  for (const [platform, count] of counts) {
    const most = counts.get(common) ?? 0;
    if (count > most || (count === most && platform < common)) common = platform;
  }
  return common;
}
