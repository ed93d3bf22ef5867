import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Actor } from "../actor.ts";
import type { PushSecrets } from "../config.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { type AppEnv, router } from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { deliveryOf } from "./delivery-id.ts";
import { webhookActor } from "./deploy-by-webhook.ts";
import { imagesWithPath, notePushes, type SubscribedImage } from "./incoming.store.ts";
import { badBody, describe, jsonOf, repeatField } from "./incoming-json.ts";
import { type Proof, toSend } from "./proof.ts";
import type { ChangedRepository } from "./push-event.ts";
import {
  type PushSource,
  type PushSourceName,
  pushSourceNames,
  pushSources,
} from "./push-sources.ts";
import { concernedBy, pathsToLookAt } from "./pushed-images.ts";
import { signedBody } from "./signed-body.ts";
import { takeOnce } from "./take-once.ts";

export interface PushesParts {
  database: Database;
  /** of the notifications of the distribution project's registry; null: not set */
  webhookSecret: string | null;
  pushSecrets: PushSecrets;
}

const pushAnswer = z.object({
  images: z
    .array(z.object({ id: z.string(), environmentId: z.string() }))
    .describe("Those that are checked now"),
  message: z.string(),
  repeat: repeatField,
});
type PushAnswer = z.infer<typeof pushAnswer>;

/** What registries tell us of pushes: one route for each sender of the table. */
export function pushesRoutes(parts: PushesParts): OpenAPIHono<AppEnv> {
  const app = router();
  for (const name of pushSourceNames) {
    const source = pushSources[name];
    describe(app, name, {
      summary: source.summary,
      description: descriptionOf(source),
      ...proofSchemas(source.proofs, source.variable),
      body: z.looseObject({}),
      answer: pushAnswer,
    });
    app.post(`/webhooks/${name}`, async (c) => {
      const secret = name === "registry" ? parts.webhookSecret : parts.pushSecrets[name];
      const raw = await signedBody(c, { ...source, secret });
      const body = bodyOf(c, name, raw);
      const header = (name: string) => c.req.header(name);
      const event = source.read(body, header);
      if (event.kind === "malformed") throw badBody(event.message);
      if (event.kind === "ignored") return c.json({ images: [], message: event.message }, 200);
      const delivery = deliveryOf(source.variable, source.deliveryId?.(header, body) ?? null, name);
      const { outcome, repeat } = await takeOnce<PushAnswer>(
        parts.database,
        delivery,
        async (take) => {
          const concerned = await imagesOf(parts.database, event.repositories);
          const answer = pushedJson([...concerned.keys()], event.repositories);
          const actor = webhookActor(`webhook ${name}`, c.get("address"));
          await note(parts.database, concerned, actor, name, (sql) => take(sql, answer));
          return answer;
        },
      );
      return c.json({ ...outcome, ...(repeat ? { repeat } : {}) }, 200);
    });
  }
  return app;
}

function descriptionOf({ description, proofs, variable, withoutSecret }: PushSource): string {
  const unset = withoutSecret === "off" ? "403 when it is not configured" : "also when it is unset";
  return `${description} Send ${toSend(proofs, variable)}. 401 when that is missing or wrong, ${unset}; 400 when the body is malformed.`;
}

/** The headers and the query of a source as the API's description shows them. */
function proofSchemas(proofs: readonly Proof[], variable: string) {
  const headers: Record<string, z.ZodType> = {};
  let query: z.ZodObject | undefined;
  for (const proof of proofs) {
    const text = z.string().describe(toSend([proof], variable));
    if (proof.kind === "query") query = z.object({ secret: text });
    else {
      const header = proof.kind === "bearer" ? "Authorization" : proof.header;
      headers[header] = proofs.length > 1 ? text.optional() : text;
    }
  }
  return {
    ...(Object.keys(headers).length === 0 ? {} : { headers: z.object(headers) }),
    ...(query === undefined ? {} : { query }),
  };
}

/** GitHub sends JSON, or a form with the JSON in it, as its webhook is set up. */
function bodyOf(c: Context, name: PushSourceName, raw: Buffer): unknown {
  const type = c.req.header("content-type");
  if (name !== "github" || !type?.startsWith("application/x-www-form-urlencoded")) {
    return jsonOf(raw);
  }
  const payload = new URLSearchParams(raw.toString("utf8")).get("payload");
  if (payload === null) throw badBody("The form has no field payload.");
  return jsonOf(payload);
}

/** The images that have to be checked, and for each the repositories that it is of. */
async function imagesOf(
  database: Database,
  repositories: ChangedRepository[],
): Promise<Map<SubscribedImage, ChangedRepository[]>> {
  const candidates = await imagesWithPath(database, pathsToLookAt(repositories));
  const concerned = new Map<SubscribedImage, ChangedRepository[]>();
  for (const one of repositories) {
    for (const image of concernedBy(one, candidates)) {
      concerned.set(image, [...(concerned.get(image) ?? []), one]);
    }
  }
  return concerned;
}

async function note(
  database: Database,
  concerned: Map<SubscribedImage, ChangedRepository[]>,
  actor: Actor,
  name: PushSourceName,
  take: (sql: Sql) => Promise<void>,
): Promise<void> {
  // What concerns nothing is not taken: it may, when it is sent again.
  if (concerned.size === 0) return;
  await transaction(database, async (sql) => {
    await take(sql);
    await notePushes(sql, [...concerned.keys()], name);
    for (const [image, repositories] of concerned) {
      await audit(sql, actor, {
        action: "image_pushed",
        resourceType: "container_image",
        resourceId: image.id,
        resourceName: image.normalizedName,
        environmentId: image.environmentId,
        details: {
          repositories: repositories.map((one) => one.name),
          tags: [...new Set(repositories.flatMap(({ tags }) => tags))].slice(0, mostTagsShown),
        },
      });
    }
  });
}

const mostTagsShown = 50;
const mostNamesShown = 5;

function pushedJson(images: SubscribedImage[], repositories: ChangedRepository[]): PushAnswer {
  const names = repositories.map(({ name }) => name);
  const what = [...names.slice(0, mostNamesShown), ...(names.length > mostNamesShown ? ["…"] : [])];
  return {
    images: images.map(({ id, environmentId }) => ({ id, environmentId })),
    message:
      images.length > 0
        ? `${images.length} image(s) are being checked.`
        : what.length === 0
          ? "Nothing was pushed."
          : `No image with a registry connection is called ${what.join(", ")}.`,
  };
}
