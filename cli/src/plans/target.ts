import { Failure } from "../exit.ts";

/** What is to be deployed of an image. */
export type Wanted = { tag: string } | { digest: string };

/**
 * Reads `image`, `image:tag` and `image@sha256:…` together with the options that say the same.
 * @throws {Failure} when nothing says what to deploy, or two things do
 */
export function wantedOf(
  text: string | undefined,
  options: { tag?: string; digest?: string },
): { image: string | null; wanted: Wanted } {
  const [, image, tag, digest] =
    /^([^@]+?)(?::([^:/@]+))?(?:@(sha256:[0-9a-f]+))?$/.exec(text ?? "") ?? [];
  const ways: Wanted[] = [];
  // A digest beside a tag is what counts, as everywhere where images are named.
  if (digest) ways.push({ digest });
  else if (tag) ways.push({ tag });
  if (options.tag) ways.push({ tag: options.tag });
  if (options.digest) ways.push({ digest: options.digest });
  if (text !== undefined && image === undefined) {
    throw new Failure(`"${text}" is no image. Write its name, such as shop/web or shop/web:v2.`);
  }
  const [wanted, other] = ways;
  if (wanted === undefined) {
    throw new Failure(
      "Deploy what? Add --tag or --digest, or write it behind the image, such as shop/web:v2.",
    );
  }
  if (other !== undefined) {
    throw new Failure("Say once what to deploy: behind the image, with --tag or with --digest.");
  }
  return { image: image ?? null, wanted };
}
