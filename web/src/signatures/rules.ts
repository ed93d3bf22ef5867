import { queryOptions } from "@tanstack/svelte-query";
import { api } from "$lib/api/client.ts";
import type { SeenSignature, SignatureRule } from "$lib/api/model.ts";

/** What a rule on signatures is said of. */
export interface RulePlace {
  scope: "image" | "registry" | "environment";
  id: string;
  name: string;
}

/** What a person writes: keys have their fingerprints from the API. */
export interface RuleInput {
  mode: SignatureRule["mode"];
  keys: { name: string; publicKey: string }[];
  identities: SignatureRule["identities"];
}

export const signatureRuleQuery = ({ scope, id }: RulePlace) =>
  queryOptions({
    queryKey: ["signature-rule", scope, id],
    queryFn: ({ signal }) => {
      const asked = { path: { id }, signal };
      if (scope === "image") return api.get("/api/container-images/{id}/signature-rule", asked);
      if (scope === "registry") return api.get("/api/registries/{id}/signature-rule", asked);
      return api.get("/api/environments/{envId}/signature-rule", { path: { envId: id }, signal });
    },
  });

export function saveSignatureRule({ scope, id }: RulePlace, body: RuleInput) {
  const path = { id };
  if (scope === "image")
    return api.put("/api/container-images/{id}/signature-rule", { path, body });
  if (scope === "registry") return api.put("/api/registries/{id}/signature-rule", { path, body });
  return api.put("/api/environments/{envId}/signature-rule", { path: { envId: id }, body });
}

export function removeSignatureRule({ scope, id }: RulePlace) {
  const path = { id };
  if (scope === "image") return api.delete("/api/container-images/{id}/signature-rule", { path });
  if (scope === "registry") return api.delete("/api/registries/{id}/signature-rule", { path });
  return api.delete("/api/environments/{envId}/signature-rule", { path: { envId: id } });
}

/** What signatures a digest has, asked of its registry. */
export const signaturesQuery = (id: string, digestId: string) =>
  queryOptions({
    queryKey: ["digest-signatures", id, digestId],
    queryFn: ({ signal }) =>
      api.get("/api/container-images/{id}/digests/{digestId}/signatures", {
        path: { id, digestId },
        signal,
      }),
    staleTime: 60_000,
    retry: false,
  });

/** Who made a signature, in words. */
export function signerOf({ key, subject }: SeenSignature): string {
  return key === null ? (subject ?? "An unknown signer") : `Key ${key}`;
}

/** What counts, in a sentence. */
export function ruleSentence(rule: SignatureRule | null): string {
  if (rule === null || rule.mode === "none") return "Signatures are not looked at.";
  const signers = [
    ...rule.keys.map(({ name }) => name),
    ...rule.identities.map(({ subject }) => subject),
  ].join(", ");
  return rule.mode === "require"
    ? `Only what is signed by ${signers} is deployed.`
    : `What is not signed by ${signers} is deployed, and the plan says so.`;
}
