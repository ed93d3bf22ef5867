import type { ImageSignature } from "@bridgeport/proto";
import { z } from "zod";
import { pullScope } from "../registries/authorized-requests.ts";
import type { RegistryClient } from "../registries/client.ts";
import { type Outcome, success } from "../registries/outcome.ts";
import { isDigest } from "../registries/reference.ts";

/**
 * Where the signatures of an image are: under the tag `sha256-<hex>.sig` (cosign up to 2), and among its
 * referrers (cosign 3), which are listed by the registry or under the tag `sha256-<hex>` (distribution
 * specification 1.1, "Listing Referrers").
 */
export type SignatureClient = Pick<RegistryClient, "getManifest" | "getBlob" | "extension">;

const simpleLayer = "application/vnd.dev.cosign.simplesigning.v1+json";
const bundleLayer = "application/vnd.dev.sigstore.bundle";
const signatureAnnotation = "dev.cosignproject.cosign/signature";
/** Types that referrers with signatures have; one without a type is looked at. */
const signatureTypes = ["application/vnd.dev.cosign.artifact.sig.v1+json", bundleLayer];
const maxPayloadBytes = 256 << 10;
/** Anybody who may push can add more: beyond these nothing is read. */
const mostReferrers = 50;
const mostSignatures = 100;

const indexShape = z.object({
  manifests: z
    .array(z.object({ digest: z.string().refine(isDigest), artifactType: z.string().nullish() }))
    .max(10_000),
});

const manifestShape = z.object({
  layers: z
    .array(
      z.object({
        mediaType: z.string().catch(""),
        digest: z.string().refine(isDigest),
        annotations: z.record(z.string(), z.unknown()).nullish().catch(null),
      }),
    )
    .max(1000),
});

/** @returns every signature that there is, none checked yet; a failure where it cannot be known */
export async function findSignatures(
  client: SignatureClient,
  repository: string,
  digest: string,
): Promise<Outcome<ImageSignature[]>> {
  const tag = digest.replace(":", "-");
  const places = await referrersOf(client, repository, digest, tag);
  if (!places.ok) return places;
  const found: ImageSignature[] = [];
  // Requests are counted, also those that bring nothing: a pushed manifest could name thousands.
  let reads = 0;
  for (const reference of [`${tag}.sig`, ...places.value]) {
    const manifest = await ifThere(client.getManifest(repository, reference));
    if (!manifest.ok) return manifest;
    for (const layer of layersOf(manifest.value?.body)) {
      if (!holdsSignature(layer)) continue;
      if (reads === mostSignatures) return success(found);
      reads += 1;
      const read = await readSignature(client, repository, layer);
      if (!read.ok) return read;
      if (read.value !== null) found.push(read.value);
    }
  }
  return success(found);
}

/** Digests of manifests that may hold signatures. */
async function referrersOf(
  client: SignatureClient,
  repository: string,
  digest: string,
  tag: string,
): Promise<Outcome<string[]>> {
  const listed = await client.extension(
    `/v2/${repository}/referrers/${digest}`,
    pullScope(repository),
    indexShape,
  );
  if (listed.ok) return success(signaturesAmong(listed.value.value));
  // A registry without that list may answer anything for its path; those keep it under a tag.
  const fallback = await ifThere(client.getManifest(repository, tag));
  if (!fallback.ok) return fallback;
  const index = read(fallback.value?.body, indexShape);
  return success(index === null ? [] : signaturesAmong(index));
}

function signaturesAmong({ manifests }: z.infer<typeof indexShape>): string[] {
  return manifests
    .filter(
      ({ artifactType }) =>
        !artifactType || signatureTypes.some((type) => artifactType.startsWith(type)),
    )
    .slice(0, mostReferrers)
    .map(({ digest }) => digest);
}

type SignatureLayer = z.infer<typeof manifestShape>["layers"][number];

function layersOf(manifest: Buffer | undefined): SignatureLayer[] {
  return read(manifest, manifestShape)?.layers ?? [];
}

/** The signature that stands beside its payload, as cosign keeps it; null: it is none of that kind. */
function simpleSignature({ mediaType, annotations }: SignatureLayer): string | null {
  const signature = annotations?.[signatureAnnotation];
  return mediaType === simpleLayer && typeof signature === "string" ? signature : null;
}

function holdsSignature(layer: SignatureLayer): boolean {
  return simpleSignature(layer) !== null || layer.mediaType.startsWith(bundleLayer);
}

async function readSignature(
  client: SignatureClient,
  repository: string,
  layer: SignatureLayer,
): Promise<Outcome<ImageSignature | null>> {
  const { digest } = layer;
  const signature = simpleSignature(layer);
  const blob = await client.getBlob(repository, digest, maxPayloadBytes);
  if (!blob.ok) return blob.kind === "too_large" ? success(null) : blob;
  return success(
    signature !== null
      ? { kind: "simple", payload: blob.value.toString("base64"), signature }
      : { kind: "bundle", text: blob.value.toString("utf8") },
  );
}

/** What is not there is an answer; everything else that goes wrong is none. */
async function ifThere<T>(asked: Promise<Outcome<T>>): Promise<Outcome<T | null>> {
  const outcome = await asked;
  return !outcome.ok && outcome.kind === "not_found" ? success(null) : outcome;
}

function read<T>(body: Buffer | undefined, shape: z.ZodType<T>): T | null {
  if (body === undefined) return null;
  try {
    return shape.parse(JSON.parse(body.toString("utf8")));
  } catch {
    return null;
  }
}
