import { newWorld } from "../plans/plan-world.fixture.ts";
import type { Secrets } from "../secrets.ts";
import { type Database, json } from "./connection.ts";
import { newId } from "./ids.ts";

/** Of the columns that could hold something secret: those that do not, and why. */
export const plainColumns: Record<string, string> = {
  "api_tokens.token_hash": "a hash of 256 random bits",
  "audit_chain.hash": "a hash of what is in audit_logs",
  "audit_chain.previous": "a hash of what is in audit_logs",
  "audit_drops.until_hash": "a hash of what was in audit_logs",
  "audit_logs.details": "the audit never holds a secret, and is never written again",
  "commands.audit": "an entry of the audit",
  "commands.progress": "sentences of the agent",
  "commands.work": "times",
  "container_images.newer_outside_filter": "tags",
  "container_images.update_rollout": "numbers, and a query that is asked without credentials",
  "container_images.update_windows": "times of day",
  "containers.report": "state, ports and labels: agents report no variables",
  "deployment_plans.approvals": "names and comments",
  "deployment_plans.left_out": "names and reasons",
  "deployment_plans.rollout": "numbers, and a query that is asked without credentials",
  "deployment_plans.signature": "names of keys, and what was found",
  "digest_contents.layers": "of an image, as its registry gives it away",
  "digest_contents.settings": "of an image, as its registry gives it away",
  "domain_events.data": "names and ids",
  "hook_calls.outcome": "what others answer, without the values of a hook's headers",
  "hook_calls.told": "a status and the reason of a plan",
  "idempotency_keys.request_hash": "a hash",
  "image_digests.image": "what an image says of itself",
  "image_digests.platforms": "platforms and digests",
  "image_tag_lists.tags": "tags",
  "incoming_deliveries.id_hash": "a hash",
  "incoming_deliveries.outcome": "ids of what a webhook led to",
  "incoming_deliveries.request_hash": "a hash",
  "join_tokens.token_hash": "a hash of 256 random bits",
  "log_parts.lines": "what containers print, until it is read",
  "notifications.payload": "names and ids",
  "oidc_returns.state_hash": "a hash of random bytes",
  "passkey_challenges.challenge_hash": "a hash",
  "passkeys.credential_id": "what an authenticator calls a public key",
  "passkeys.public_key": "a public key",
  "plan_services.depends_on": "positions",
  "plan_services.observed": "state of a container",
  "plan_services.outside": "names and ids",
  "plan_steps.soak_asked": "ids of commands, and times",
  "plan_steps.soak_start": "ids of containers, and numbers",
  "plan_targets.signature": "names of keys, and what was found",
  "recovery_codes.code_hash": "a hash of 80 random bits",
  "servers.host": "figures of a host",
  "sessions.cookie_hash": "a hash of 256 random bits",
  "sessions.token_hash": "a hash of 256 random bits",
  "signature_rules.identities": "issuers and subjects",
  "signature_rules.keys": "public keys",
  "soak_queries.answer": "a number, or what Prometheus says in its place",
  "system_settings.value": "numbers",
  "webhook_deliveries.payload": "names and ids",
  "webhooks.headers": "a template: its secret has a column of its own",
  "webhooks.quiet_hours": "times of day",
};

/** One row in each table that holds something encrypted, as a version without seals where `database` has no keys. */
export async function insertWorldOfSecrets(
  database: Database,
  secrets: Secrets,
  { value = "hunter2" } = {},
): Promise<void> {
  const { environmentId, serviceIds, serverIds } = await newWorld(database, { services: 1 });
  const spec = json(database, { Env: [`PASSWORD=${value}`] });
  const body = json(database, { kind: "run", spec: { Env: [`PASSWORD=${value}`] } });
  const outcome = json(database, {
    ok: true,
    body: {
      kind: "run",
      spec: { Env: [`PASSWORD=${value}`] },
      changes: [{ field: "Config.Env.PASSWORD", before: value, after: null }],
    },
  });
  const encrypted = secrets.encrypt("s3cret");
  const [serviceId = "", serverId = ""] = [serviceIds[0], serverIds[0]];
  const [planId, userId] = [newId(), newId()];
  await database`update services set spec = ${spec}, recorded_spec = ${spec}`;
  await database`
    insert into certificate_authority (fingerprint, certificate_pem, private_key)
    values ('f', '', ${encrypted})`;
  await database`insert into receipt_keys (id, x, private_key) values ('k', '', ${encrypted})`;
  await database`
    insert into registries (id, environment_id, name, type, registry_url, token, password)
    values (${newId()}, ${environmentId}, 'r', 'generic', 'https://r.test', ${encrypted}, ${encrypted})`;
  await database`
    insert into users (id, email, password_hash) values (${userId}, 'a@b.test', '')`;
  await database`insert into second_factors (user_id, secret) values (${userId}, ${encrypted})`;
  await database`
    insert into webhooks (id, name, kind, url, secret, events)
    values (${newId()}, 'w', 'webhook', 'https://w.test', ${encrypted}, '{}')`;
  await database`
    insert into idempotency_keys (credential_id, key, request_hash, status, body)
    values (${newId()}, 'k', '', 200, ${encrypted.toString("base64")})`;
  await database`
    insert into deployment_plans (id, environment_id, image_name, image_digest, trigger_type,
      triggered_by, auto_rollback, parallel_execution)
    values (${planId}, ${environmentId}, 'app', 'sha256:a', 'manual', 'a', true, false)`;
  await database`
    insert into image_hooks (container_image_id, moment, position, name, method, url, timeout_ms, request)
    select id, 'before', 0, 'h', 'POST', 'https://h.test/', 10000, ${encrypted}
    from container_images limit 1`;
  await database`
    insert into plan_hooks (plan_id, number, request) values (${planId}, 0, ${encrypted})`;
  await database`
    insert into plan_services (plan_id, position, service_id, service_name, server_name,
      container_name, level, rollback_body)
    values (${planId}, 0, ${serviceId}, 's', 's', 's', 0, ${body})`;
  await database`
    insert into plan_steps (id, plan_id, position, level, action, server_name, timeout_ms, command_id, body)
    values (${newId()}, ${planId}, 0, 0, 'deploy', 's', 1, ${newId()}, ${body})`;
  await database`
    insert into commands (id, server_id, kind, body, status, outcome)
    values (${newId()}, ${serverId}, 'run', ${body}, 'done', ${outcome})`;
}
