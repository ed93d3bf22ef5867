import { Failure } from "../exit.ts";
import { type Wanted, wantedOf } from "./target.ts";

/** Several images that are deployed as one plan. */
export type Release = { image: string; wanted: Wanted }[] | "everything behind";

/**
 * Reads `--target image=version` and `--everything-behind`. A version that begins with `sha256:` is a
 * digest, or its beginning; any other one is a tag.
 * @returns null: neither was given, so one image is deployed
 * @throws {Failure} when they are mixed with each other, or with what deploys one image
 */
export function releaseOf(
  text: string | undefined,
  options: {
    target?: string[];
    everythingBehind?: boolean;
    tag?: string;
    digest?: string;
    service?: string[];
  },
): Release | null {
  const targets = options.target ?? [];
  const behind = options.everythingBehind ?? false;
  if (targets.length === 0 && !behind) return null;
  const given = behind ? "--everything-behind" : "--target";
  const other = [
    ...(targets.length > 0 && behind ? ["--target"] : []),
    ...(text === undefined ? [] : [`the image ${text}`]),
    ...(["tag", "digest", "service"] as const)
      .filter((option) => options[option] !== undefined)
      .map((option) => `--${option}`),
  ][0];
  if (other !== undefined) {
    throw new Failure(`Give either ${given} or ${other}: ${given} says what goes where by itself.`);
  }
  return behind ? "everything behind" : targets.map(targetOf);
}

function targetOf(text: string): { image: string; wanted: Wanted } {
  const at = text.indexOf("=");
  const [image, version] = at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  if (image === "" || version === "") {
    throw new Failure(`"${text}" is no target. Write image=tag, such as shop/web=v2.`);
  }
  const options =
    version === null ? {} : version.startsWith("sha256:") ? { digest: version } : { tag: version };
  const read = wantedOf(image, options);
  return { image: read.image ?? image, wanted: read.wanted };
}
