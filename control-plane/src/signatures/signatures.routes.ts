import { fingerprintOf, identityMistake, readPublicKey } from "@bridgeport/proto/signatures";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Actor } from "../actor.ts";
import { type Sql, transaction } from "../database/connection.ts";
import { environmentFor } from "../environments/environment-for.ts";
import { type AppEnv, answers, emptyAnswer, id, jsonBody, needs, router } from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { imageFor } from "../images/image-for.ts";
import { Problem } from "../problem.ts";
import { registryFor } from "../registries/registry-for.ts";
import { everySignature, lookAtSignatures, type SignatureParts } from "./gate.ts";
import {
  findRule,
  type RuleScope,
  removeRule,
  ruleOfImage,
  type SignatureRule,
  setRule,
  signatureModes,
} from "./rules.store.ts";
import { seenSignatureSchema, signatureFindingSchema } from "./signature-json.ts";

const tag = "Signatures";

const ruleFields = {
  mode: z
    .enum(signatureModes)
    .describe(
      "none: not looked at. warn: the plan says it. require: what is not signed is refused",
    ),
};
const ruleSchema = z
  .object({
    ...ruleFields,
    keys: z.array(
      z.object({
        name: z.string(),
        publicKey: z.string(),
        fingerprint: z.string().describe("SHA-256 of the key in DER, in hexadecimal"),
      }),
    ),
    identities: z.array(z.object({ issuer: z.string(), subject: z.string() })),
  })
  .openapi("SignatureRule");
const rule = z.object({
  rule: ruleSchema.nullable().describe("What is said here; null: nothing"),
  effective: ruleSchema
    .extend({ from: z.enum(["image", "registry", "environment"]) })
    .nullable()
    .optional()
    .describe(
      "Of an image: what counts for it. The image's own rule, else its registry's, else its environment's",
    ),
});
const ruleBody = z.strictObject({
  ...ruleFields,
  keys: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1, "must not be empty").max(100),
        publicKey: z.string().max(10_000).describe("PEM, as in cosign.pub"),
      }),
    )
    .max(50)
    .default([]),
  identities: z
    .array(
      z.strictObject({
        issuer: z
          .string()
          .trim()
          .max(1000)
          .describe("Address of an OpenID provider, exactly as in the certificate"),
        subject: z
          .string()
          .trim()
          .max(1000)
          .describe("A workflow's address or an e-mail; * stands for any characters"),
      }),
    )
    .max(50)
    .default([])
    .describe(
      "Who may have signed by a certificate (Sigstore), needs BRIDGEPORT_SIGSTORE_TRUST_ROOT",
    ),
});

interface Place {
  scope: RuleScope;
  path: string;
  params: string;
  find(sql: Sql, actor: Actor, id: string): Promise<Named>;
}

interface Named {
  id: string;
  name: string;
  environmentId: string;
}

const places: Place[] = [
  { scope: "image", path: "/container-images", params: "an image", find: imageFor },
  { scope: "registry", path: "/registries", params: "a registry", find: registryFor },
  {
    scope: "environment",
    path: "/environments",
    params: "an environment",
    async find(sql, actor, environmentId) {
      const { name } = await environmentFor(sql, actor, environmentId);
      return { id: environmentId, name, environmentId };
    },
  },
];

/** Which signatures images need, and which a digest has. */
export function signaturesRoutes(parts: SignatureParts): OpenAPIHono<AppEnv> {
  const { database } = parts;
  const app = router();
  for (const place of places) ruleRoutes(app, parts, place);

  app.openapi(
    createRoute({
      method: "get",
      path: "/container-images/{id}/digests/{digestId}/signatures",
      ...needs(
        "viewer",
        tag,
        "Look for the signatures of a digest",
        "Asks the registry now. `signature` is null where no rule asks for any.",
      ),
      request: { params: z.object({ id, digestId: id }) },
      responses: answers(
        z.object({
          signature: signatureFindingSchema,
          seen: z.array(seenSignatureSchema).describe("Each signature of the digest"),
          error: z.string().nullable().describe("Why they are not known; null: they are"),
        }),
      ),
    }),
    async (c) => {
      const params = c.req.valid("param");
      const image = await imageFor(database, c.get("actor"), params.id);
      const signature = await lookAtSignatures(parts, image.id, params.digestId);
      if (signature === null) {
        const every = await everySignature(parts, image.id, params.digestId);
        return c.json({ signature, ...every }, 200);
      }
      const error = signature.verdict === "unknown" ? signature.message : null;
      return c.json({ signature, seen: signature.seen ?? [], error }, 200);
    },
  );

  return app;
}

function ruleRoutes(
  app: OpenAPIHono<AppEnv>,
  { database, images }: SignatureParts,
  place: Place,
): void {
  const name = place.scope === "environment" ? "envId" : "id";
  const path = `${place.path}/{${name}}/signature-rule` as const;
  const params = z.object({ [name]: id });
  const of = async (c: Context<AppEnv>, sql: Sql) =>
    place.find(sql, c.get("actor"), c.req.param(name) ?? "");

  app.openapi(
    createRoute({
      method: "get",
      path,
      ...needs("viewer", tag, `Read the signature rule of ${place.params}`),
      request: { params },
      responses: answers(rule),
    }),
    async (c) => c.json(await answer(database, place.scope, (await of(c, database)).id), 200),
  );

  app.openapi(
    createRoute({
      method: "put",
      path,
      ...needs(
        "admin",
        tag,
        `Say which signatures the images of ${place.params} need`,
        "By cosign's keys, or by Sigstore's certificates: a digest counts as signed when one of these keys or identities has signed exactly it.",
      ),
      request: { params, body: jsonBody(ruleBody) },
      responses: answers(rule),
    }),
    async (c) => {
      const wanted = checkedRule(c.req.valid("json"));
      requireTrustRoot(wanted, images);
      return c.json(
        await transaction(database, async (sql) => {
          const of_ = await of(c, sql);
          await setRule(sql, place.scope, of_.id, wanted);
          await audit(sql, c.get("actor"), entry("set_signature_rule", place, of_, wanted));
          return answer(sql, place.scope, of_.id);
        }),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "delete",
      path,
      ...needs("admin", tag, `Remove the signature rule of ${place.params}`),
      request: { params },
      responses: answers(emptyAnswer),
    }),
    async (c) => {
      await transaction(database, async (sql) => {
        const of_ = await of(c, sql);
        await removeRule(sql, place.scope, of_.id);
        await audit(sql, c.get("actor"), entry("remove_signature_rule", place, of_, null));
      });
      return c.json({ ok: true } as const, 200);
    },
  );
}

/** @throws {Problem} 400 for a key that cannot be used, and a rule that nothing could meet */
function checkedRule({ mode, keys, identities }: SignatureRule): SignatureRule {
  for (const [index, { publicKey }] of keys.entries()) {
    const key = readPublicKey(publicKey);
    if (typeof key === "string") invalid(`keys.${index}.publicKey: ${key}`);
  }
  if (new Set(keys.map(({ name }) => name)).size < keys.length) {
    invalid("keys: two of them have the same name");
  }
  for (const [index, identity] of identities.entries()) {
    const mistake = identityMistake(identity);
    if (mistake !== null) invalid(`identities.${index}: ${mistake}`);
  }
  if (mode !== "none" && keys.length === 0 && identities.length === 0) {
    invalid(
      `keys: give at least one, or one of identities, as "${mode}" compares signatures with them`,
    );
  }
  return { mode, keys, identities };
}

/** @throws {Problem} 400 where no certificate can be checked */
function requireTrustRoot({ identities }: SignatureRule, images: SignatureParts["images"]): void {
  if (identities.length === 0 || images.trustRoot) return;
  invalid(
    "identities: this control plane has no trust root to check certificates with: set BRIDGEPORT_SIGSTORE_TRUST_ROOT to the path of a trusted_root.json, and restart it",
  );
}

function invalid(message: string): never {
  throw new Problem("invalid", "validation_failed", message);
}

async function answer(sql: Sql, scope: RuleScope, id: string) {
  const own = await findRule(sql, scope, id);
  if (scope !== "image") return { rule: own && ruleJson(own) };
  const effective = await ruleOfImage(sql, id);
  return {
    rule: own && ruleJson(own),
    effective: effective && { ...ruleJson(effective), from: effective.from },
  };
}

function ruleJson({ mode, keys, identities }: SignatureRule) {
  return {
    mode,
    keys: keys.map(({ name, publicKey }) => ({
      name,
      publicKey,
      fingerprint: fingerprintOf(publicKey),
    })),
    identities,
  };
}

function entry(action: string, { scope }: Place, named: Named, rule: SignatureRule | null) {
  return {
    action,
    resourceType: scope === "image" ? "container_image" : scope,
    resourceId: named.id,
    resourceName: named.name,
    environmentId: named.environmentId,
    details:
      rule === null
        ? {}
        : {
            mode: rule.mode,
            keys: rule.keys.map(({ name, publicKey }) => `${name} ${fingerprintOf(publicKey)}`),
            identities: rule.identities.map(({ issuer, subject }) => `${subject} (${issuer})`),
          },
  };
}
