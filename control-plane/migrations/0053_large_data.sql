-- So that every list, detail and search reads its own rows by an index, and retention those that it removes.

-- What lists show first of a container, and what they are filtered by, beside the whole report.
alter table containers
  add column state text generated always as (report ->> 'state') stored,
  add column health text generated always as (report ->> 'health') stored,
  add column exit_code numeric generated always as ((report ->> 'exitCode')::numeric) stored,
  add column engine_created_at numeric generated always as ((report ->> 'createdAt')::numeric) stored,
  add column compose_project text
    generated always as (nullif(report -> 'labels' ->> 'com.docker.compose.project', '')) stored;
create index containers_compose_project on containers (compose_project, server_id, name)
  where compose_project is not null;
drop index containers_name;
create index containers_name on containers (server_id, name)
  include (state, health, exit_code, engine_created_at, compose_project);

-- Pages by name.
create index services_name on services (environment_id, lower(name), id);
create index services_of_server on services (server_id, lower(name), id);
drop index services_environment;
create index container_images_name on container_images (environment_id, lower(name), id);
create index container_images_behind on container_images (environment_id, lower(name), id)
  where update_digest_id is not null;

-- Pages of what happened, the latest first.
create index deployment_plans_status on deployment_plans (environment_id, status, created_at desc, id desc);
drop index audit_logs_at;
create index audit_logs_at on audit_logs (at desc, id desc);
drop index audit_logs_environment;
create index audit_logs_environment on audit_logs (environment_id, at desc, id desc);
create index audit_logs_action on audit_logs (action, at desc, id desc);
create index audit_logs_type on audit_logs (resource_type, at desc, id desc);
create index audit_logs_resource on audit_logs (resource_id, at desc, id desc);
create index webhook_deliveries_status on webhook_deliveries (webhook_id, status, id desc);

-- What is removed when it is old enough, oldest first.
create index deployment_plans_completed on deployment_plans (completed_at, id) where completed_at is not null;
create index webhook_deliveries_created on webhook_deliveries (created_at);
create index commands_done on commands (done_at) where status = 'done' and plan_id is null;
create index sessions_expires on sessions (expires_at);
create index sessions_user on sessions (user_id);
create index idempotency_keys_created on idempotency_keys (created_at);
create index join_tokens_expires on join_tokens (expires_at);

-- What points to a digest: a digest or an image that is deleted looks for these.
create index services_digest on services (deployed_digest_id);
create index plan_services_digest on plan_services (previous_digest_id);
create index deployment_plans_digest on deployment_plans (image_digest_id);

-- How many rows there are, so that no page counts them: the sum of the changes. functions/count_rows.sql
-- writes one for each statement that adds or removes rows, which holds up nobody; they are summed up from
-- time to time.
create table row_counts (
  table_name text not null,
  environment_id uuid,
  -- a plan's or a delivery's status, or an entry's action
  kind text not null,
  -- the type of what an entry is about, or the id of a delivery's webhook
  about text not null,
  change bigint not null
);
create index row_counts_of on row_counts (table_name, environment_id, kind, about);
