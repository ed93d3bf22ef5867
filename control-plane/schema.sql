-- What migrations/ and migrations/functions/ together come to, to be read. Written by `pnpm run generate`.

create table agent_upgrades (
  id uuid not null,
  environment_id uuid not null,
  attempt uuid not null,
  status text not null,
  from_version text not null,
  to_version text not null,
  error text,
  batch integer not null,
  queued_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  constraint agent_upgrades_pkey PRIMARY KEY (id),
  constraint agent_upgrades_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE CASCADE,
  constraint agent_upgrades_id_fkey FOREIGN KEY (id) REFERENCES servers(id) ON DELETE CASCADE,
  constraint agent_upgrades_batch_check CHECK ((batch > 0)),
  constraint agent_upgrades_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX agent_upgrades_open ON public.agent_upgrades USING btree (environment_id) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text]));
CREATE TRIGGER changed AFTER INSERT OR UPDATE ON public.agent_upgrades FOR EACH ROW EXECUTE FUNCTION notify_changed('server');
CREATE TRIGGER running AFTER INSERT OR UPDATE ON public.agent_upgrades FOR EACH ROW WHEN ((new.status = 'running'::text)) EXECUTE FUNCTION notify_agent_upgrade();

create table alerts (
  subject_id uuid not null,
  service_id uuid,
  server_id uuid,
  event text not null,
  since timestamp with time zone default now() not null,
  constraint alerts_pkey PRIMARY KEY (subject_id),
  constraint alerts_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE CASCADE,
  constraint alerts_service_id_fkey FOREIGN KEY (service_id) REFERENCES services(id) ON DELETE CASCADE,
  constraint alerts_check CHECK ((subject_id = COALESCE(service_id, server_id)))
);
CREATE INDEX alerts_server ON public.alerts USING btree (server_id);
CREATE INDEX alerts_service ON public.alerts USING btree (service_id);

create table api_tokens (
  id uuid not null,
  name text not null,
  token_hash bytea not null,
  user_id uuid not null,
  role text not null,
  environment_ids uuid[],
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  constraint api_tokens_pkey PRIMARY KEY (id),
  constraint api_tokens_token_hash_key UNIQUE (token_hash),
  constraint api_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint api_tokens_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text])))
);
CREATE TRIGGER changed AFTER DELETE ON public.api_tokens FOR EACH ROW EXECUTE FUNCTION notify_access();

create table audit_chain (
  "position" bigint not null,
  entry_id uuid not null,
  previous bytea not null,
  hash bytea not null,
  constraint audit_chain_pkey PRIMARY KEY ("position"),
  constraint audit_chain_entry_id_key UNIQUE (entry_id)
);
CREATE TRIGGER kept AFTER DELETE ON public.audit_chain REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();
CREATE TRIGGER unchanged BEFORE UPDATE OR TRUNCATE ON public.audit_chain FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

create table audit_drops (
  until_position bigint not null,
  until_hash bytea not null,
  at timestamp with time zone default now() not null,
  constraint audit_drops_pkey PRIMARY KEY (until_position)
);
CREATE TRIGGER unchanged BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_drops FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

create table audit_logs (
  id uuid not null,
  at timestamp with time zone default now() not null,
  actor_type text not null,
  actor_id uuid,
  actor_name text not null,
  action text not null,
  resource_type text not null,
  resource_id text,
  resource_name text,
  environment_id uuid,
  details jsonb default '{}'::jsonb not null,
  address text,
  constraint chained TRIGGER DEFERRABLE INITIALLY DEFERRED,
  constraint audit_logs_pkey PRIMARY KEY (id),
  constraint audit_logs_actor_type_check CHECK ((actor_type = ANY (ARRAY['user'::text, 'token'::text, 'webhook'::text, 'system'::text])))
);
CREATE INDEX audit_logs_action ON public.audit_logs USING btree (action, at DESC, id DESC);
CREATE INDEX audit_logs_at ON public.audit_logs USING btree (at DESC, id DESC);
CREATE INDEX audit_logs_environment ON public.audit_logs USING btree (environment_id, at DESC, id DESC);
CREATE INDEX audit_logs_resource ON public.audit_logs USING btree (resource_id, at DESC, id DESC);
CREATE INDEX audit_logs_type ON public.audit_logs USING btree (resource_type, at DESC, id DESC);
CREATE CONSTRAINT TRIGGER chained AFTER INSERT ON public.audit_logs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chain_audit_entry();
CREATE TRIGGER counted AFTER INSERT ON public.audit_logs REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows('action', 'resource_type');
CREATE TRIGGER counted_delete AFTER DELETE ON public.audit_logs REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('action', 'resource_type');
CREATE TRIGGER kept AFTER DELETE ON public.audit_logs REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();
CREATE TRIGGER unchanged BEFORE UPDATE OR TRUNCATE ON public.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

create table certificate_authority (
  certificate_pem text not null,
  private_key bytea not null,
  created_at timestamp with time zone default now() not null,
  fingerprint text not null,
  is_current boolean default true not null,
  cross_pem text,
  constraint certificate_authority_pkey PRIMARY KEY (fingerprint)
);
CREATE UNIQUE INDEX certificate_authority_current ON public.certificate_authority USING btree (is_current) WHERE is_current;

create table commands (
  id uuid not null,
  server_id uuid not null,
  plan_id uuid,
  step_id uuid,
  kind text not null,
  body jsonb not null,
  registry_id uuid,
  status text default 'queued'::text not null,
  outcome jsonb,
  progress jsonb default '[]'::jsonb not null,
  deadline_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  sent_at timestamp with time zone,
  done_at timestamp with time zone,
  after uuid[] default '{}'::uuid[] not null,
  audit jsonb,
  work jsonb,
  constraint commands_pkey PRIMARY KEY (id),
  constraint commands_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES deployment_plans(id) ON DELETE CASCADE,
  constraint commands_registry_id_fkey FOREIGN KEY (registry_id) REFERENCES registries(id) ON DELETE SET NULL,
  constraint commands_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE CASCADE,
  constraint commands_step_id_fkey FOREIGN KEY (step_id) REFERENCES plan_steps(id) ON DELETE CASCADE,
  constraint commands_check CHECK (((status = 'done'::text) = (outcome IS NOT NULL))),
  constraint commands_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'sent'::text, 'accepted'::text, 'done'::text])))
);
CREATE INDEX commands_done ON public.commands USING btree (done_at) WHERE ((status = 'done'::text) AND (plan_id IS NULL));
CREATE INDEX commands_plan ON public.commands USING btree (plan_id);
CREATE INDEX commands_step ON public.commands USING btree (step_id);
CREATE INDEX commands_undone ON public.commands USING btree (server_id, created_at) WHERE (status <> 'done'::text);
CREATE TRIGGER done AFTER UPDATE ON public.commands FOR EACH ROW EXECUTE FUNCTION notify_command();
CREATE TRIGGER outcome AFTER UPDATE OF status ON public.commands FOR EACH ROW WHEN (((new.audit IS NOT NULL) AND (new.status = 'done'::text) AND (old.status <> 'done'::text))) EXECUTE FUNCTION record_command_outcome();
CREATE TRIGGER queued AFTER INSERT ON public.commands FOR EACH ROW EXECUTE FUNCTION notify_command();

create table container_images (
  id uuid not null,
  environment_id uuid not null,
  name text not null,
  image_name text not null,
  normalized_name text not null,
  tag_filter text default 'latest'::text not null,
  registry_id uuid,
  auto_update boolean default false not null,
  update_available boolean default false not null,
  deployed_digest_id uuid,
  last_checked_at timestamp with time zone,
  last_error text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  last_check_note text,
  update_reason text default 'no_registry'::text not null,
  newest_digest_id uuid,
  update_digest_id uuid,
  update_minimum_age_minutes integer default 0 not null,
  update_windows jsonb default '[]'::jsonb not null,
  update_time_zone text default 'UTC'::text not null,
  update_refusal text,
  update_refused_digest_id uuid,
  checked_by text,
  update_kind text,
  update_because text,
  update_tag text,
  automatic_digest_id uuid,
  automatic_tag text,
  automatic_kind text,
  update_kinds text[] default '{rebuild,patch,minor,major,other}'::text[] not null,
  update_snoozed_until timestamp with time zone,
  update_pinned boolean default false not null,
  update_hold_reason text,
  newer_outside_filter jsonb,
  update_rules integer default 0 not null,
  update_rollout jsonb,
  constraint container_images_pkey PRIMARY KEY (id),
  constraint container_images_environment_id_normalized_name_key UNIQUE (environment_id, normalized_name),
  constraint container_images_id_environment_id_key UNIQUE (id, environment_id),
  constraint container_images_deployed_digest_id_id_fkey FOREIGN KEY (deployed_digest_id, id) REFERENCES image_digests(id, container_image_id),
  constraint container_images_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE RESTRICT,
  constraint container_images_newest_digest_id_fkey FOREIGN KEY (newest_digest_id) REFERENCES image_digests(id) ON DELETE SET NULL,
  constraint container_images_registry_id_environment_id_fkey FOREIGN KEY (registry_id, environment_id) REFERENCES registries(id, environment_id) ON DELETE RESTRICT,
  constraint container_images_update_digest_id_fkey FOREIGN KEY (update_digest_id) REFERENCES image_digests(id) ON DELETE SET NULL,
  constraint container_images_update_refused_digest_id_fkey FOREIGN KEY (update_refused_digest_id) REFERENCES image_digests(id) ON DELETE SET NULL,
  constraint container_images_update_kind_check CHECK ((update_kind = ANY (ARRAY['rebuild'::text, 'patch'::text, 'minor'::text, 'major'::text, 'older'::text, 'other'::text]))),
  constraint container_images_update_minimum_age_minutes_check CHECK (((update_minimum_age_minutes >= 0) AND (update_minimum_age_minutes <= 525600)))
);
CREATE INDEX container_images_behind ON public.container_images USING btree (environment_id, lower(name), id) WHERE (update_digest_id IS NOT NULL);
CREATE INDEX container_images_name ON public.container_images USING btree (environment_id, lower(name), id) INCLUDE (name);
CREATE INDEX container_images_registry ON public.container_images USING btree (registry_id);
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE ON public.container_images FOR EACH ROW EXECUTE FUNCTION notify_changed('image');
CREATE TRIGGER counted AFTER INSERT ON public.container_images REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows('''''', '''''');
CREATE TRIGGER counted_delete AFTER DELETE ON public.container_images REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('''''', '''''');
CREATE TRIGGER event AFTER UPDATE ON public.container_images FOR EACH ROW WHEN (((new.update_digest_id IS NOT NULL) AND ((new.update_digest_id IS DISTINCT FROM old.update_digest_id) OR ((((new.auto_update IS DISTINCT FROM old.auto_update) OR (new.update_minimum_age_minutes IS DISTINCT FROM old.update_minimum_age_minutes)) OR (new.update_windows IS DISTINCT FROM old.update_windows)) OR (new.update_time_zone IS DISTINCT FROM old.update_time_zone))))) EXECUTE FUNCTION record_image_event();

create table containers (
  server_id uuid not null,
  container_id text not null,
  name text not null,
  image_id text not null,
  report jsonb not null,
  first_seen_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  state text generated always as ((report ->> 'state'::text)) stored,
  health text generated always as ((report ->> 'health'::text)) stored,
  exit_code numeric generated always as (((report ->> 'exitCode'::text))::numeric) stored,
  engine_created_at numeric generated always as (((report ->> 'createdAt'::text))::numeric) stored,
  compose_project text generated always as (NULLIF(((report -> 'labels'::text) ->> 'com.docker.compose.project'::text), ''::text)) stored,
  restarted_at timestamp with time zone[] default '{}'::timestamp with time zone[] not null,
  constraint containers_pkey PRIMARY KEY (server_id, container_id),
  constraint containers_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE CASCADE
);
CREATE INDEX containers_compose_project ON public.containers USING btree (compose_project, server_id, name) WHERE (compose_project IS NOT NULL);
CREATE INDEX containers_name ON public.containers USING btree (server_id, name) INCLUDE (state, health, exit_code, engine_created_at, compose_project);
CREATE TRIGGER alert AFTER INSERT ON public.containers REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION review_new_containers();
CREATE TRIGGER alert_update AFTER UPDATE ON public.containers REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION review_changed_containers();
CREATE TRIGGER changed AFTER INSERT ON public.containers REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION notify_container_changed();
CREATE TRIGGER changed_delete AFTER DELETE ON public.containers REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION notify_container_changed();
CREATE TRIGGER changed_update AFTER UPDATE ON public.containers REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION notify_container_changed();
CREATE TRIGGER restarted BEFORE UPDATE OF report ON public.containers FOR EACH ROW WHEN ((((new.report ->> 'restartCount'::text))::bigint > ((old.report ->> 'restartCount'::text))::bigint)) EXECUTE FUNCTION note_restarts();

create table deployment_plans (
  id uuid not null,
  environment_id uuid not null,
  container_image_id uuid,
  image_name text not null,
  image_tag text,
  image_digest text not null,
  image_digest_id uuid,
  status text default 'pending'::text not null,
  trigger_type text not null,
  triggered_by text not null,
  triggered_by_id uuid,
  auto_rollback boolean not null,
  parallel_execution boolean not null,
  error text,
  cancel_requested_at timestamp with time zone,
  rollback_started_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  completed_at timestamp with time zone,
  left_out jsonb default '[]'::jsonb not null,
  blames_digest boolean default false not null,
  signature jsonb,
  rollout jsonb,
  paused_at timestamp with time zone,
  paused_reason text,
  paused_by text,
  rollback_requested_at timestamp with time zone,
  asked_by text,
  asked_by_id uuid,
  waiting_since timestamp with time zone,
  approvals_required smallint default 0 not null,
  approvals jsonb default '[]'::jsonb not null,
  trace_parent text,
  trace_began timestamp with time zone,
  constraint deployment_plans_pkey PRIMARY KEY (id),
  constraint deployment_plans_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE SET NULL,
  constraint deployment_plans_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE RESTRICT,
  constraint deployment_plans_image_digest_id_fkey FOREIGN KEY (image_digest_id) REFERENCES image_digests(id) ON DELETE SET NULL,
  constraint deployment_plans_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'waiting_for_approval'::text, 'running'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'rolled_back'::text, 'cancelled'::text]))),
  constraint deployment_plans_trigger_type_check CHECK ((trigger_type = ANY (ARRAY['manual'::text, 'webhook'::text, 'auto_update'::text, 'rollback'::text])))
);
CREATE INDEX deployment_plans_active ON public.deployment_plans USING btree (id) WHERE (status = ANY (ARRAY['running'::text, 'paused'::text]));
CREATE INDEX deployment_plans_completed ON public.deployment_plans USING btree (completed_at, id) WHERE (completed_at IS NOT NULL);
CREATE INDEX deployment_plans_digest ON public.deployment_plans USING btree (image_digest_id);
CREATE INDEX deployment_plans_environment ON public.deployment_plans USING btree (environment_id, created_at DESC, id DESC);
CREATE INDEX deployment_plans_image ON public.deployment_plans USING btree (container_image_id, created_at DESC);
CREATE INDEX deployment_plans_status ON public.deployment_plans USING btree (environment_id, status, created_at DESC, id DESC);
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE ON public.deployment_plans FOR EACH ROW EXECUTE FUNCTION notify_changed('plan');
CREATE TRIGGER counted AFTER INSERT ON public.deployment_plans REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows('status', '''''');
CREATE TRIGGER counted_delete AFTER DELETE ON public.deployment_plans REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('status', '''''');
CREATE TRIGGER counted_update AFTER UPDATE ON public.deployment_plans REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows('status', '''''');
CREATE TRIGGER event AFTER UPDATE OF status ON public.deployment_plans FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION record_plan_event();
CREATE TRIGGER outcome AFTER UPDATE OF status ON public.deployment_plans FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) AND (new.status = ANY (ARRAY['completed'::text, 'failed'::text, 'rolled_back'::text, 'cancelled'::text])))) EXECUTE FUNCTION record_plan_outcome();

create table digest_contents (
  digest_id uuid not null,
  platform text not null,
  settings jsonb not null,
  layers jsonb not null,
  size bigint not null,
  constraint digest_contents_pkey PRIMARY KEY (digest_id, platform),
  constraint digest_contents_digest_id_fkey FOREIGN KEY (digest_id) REFERENCES image_digests(id) ON DELETE CASCADE
);

create table domain_events (
  id bigint generated always as identity not null,
  name text not null,
  environment_id uuid not null,
  subject_id uuid not null,
  at timestamp with time zone default now() not null,
  data jsonb default '{}'::jsonb not null,
  constraint domain_events_pkey PRIMARY KEY (id),
  constraint domain_events_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX domain_events_untold ON public.domain_events USING btree (subject_id, name) WHERE (name = ANY (ARRAY['server.offline'::text, 'service.drift'::text]));
CREATE TRIGGER changed AFTER INSERT ON public.domain_events FOR EACH STATEMENT EXECUTE FUNCTION notify_event();

create table encryption_state (
  only_one boolean default true not null,
  key_id text not null,
  since timestamp with time zone default now() not null,
  constraint encryption_state_pkey PRIMARY KEY (only_one),
  constraint encryption_state_only_one_check CHECK (only_one)
);

create table environments (
  id uuid not null,
  name text not null,
  auto_prune_images boolean default false not null,
  prune_images_mode text default 'dangling'::text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  required_approvals smallint default 0 not null,
  constraint environments_pkey PRIMARY KEY (id),
  constraint environments_prune_images_mode_check CHECK ((prune_images_mode = ANY (ARRAY['dangling'::text, 'all'::text]))),
  constraint environments_required_approvals_check CHECK (((required_approvals >= 0) AND (required_approvals <= 2)))
);
CREATE UNIQUE INDEX environments_name ON public.environments USING btree (lower(name));
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE ON public.environments FOR EACH ROW EXECUTE FUNCTION notify_changed('environment');

create table freezes (
  id uuid not null,
  environment_id uuid,
  until timestamp with time zone not null,
  reason text not null,
  set_by text not null,
  set_at timestamp with time zone default now() not null,
  constraint freezes_pkey PRIMARY KEY (id),
  constraint freezes_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX freezes_one ON public.freezes USING btree (COALESCE(environment_id, '00000000-0000-0000-0000-000000000000'::uuid));
CREATE TRIGGER event AFTER INSERT OR DELETE OR UPDATE ON public.freezes FOR EACH ROW EXECUTE FUNCTION record_freeze_event();

create table hook_calls (
  step_id uuid not null,
  plan_id uuid not null,
  told jsonb not null,
  attempts integer default 0 not null,
  due_at timestamp with time zone default now() not null,
  claim uuid,
  outcome jsonb,
  constraint hook_calls_pkey PRIMARY KEY (step_id),
  constraint hook_calls_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES deployment_plans(id) ON DELETE CASCADE,
  constraint hook_calls_step_id_fkey FOREIGN KEY (step_id) REFERENCES plan_steps(id) ON DELETE CASCADE
);
CREATE INDEX hook_calls_open ON public.hook_calls USING btree (due_at) WHERE (outcome IS NULL);
CREATE INDEX hook_calls_plan ON public.hook_calls USING btree (plan_id);

create table idempotency_keys (
  credential_id uuid not null,
  key text not null,
  request_hash bytea not null,
  status integer,
  body text,
  created_at timestamp with time zone default now() not null,
  constraint idempotency_keys_pkey PRIMARY KEY (credential_id, key)
);
CREATE INDEX idempotency_keys_created ON public.idempotency_keys USING btree (created_at);

create table image_digests (
  id uuid not null,
  container_image_id uuid not null,
  manifest_digest text not null,
  config_digest text,
  media_type text,
  platforms jsonb default '[]'::jsonb not null,
  tags text[] default '{}'::text[] not null,
  size bigint,
  pushed_at timestamp with time zone,
  discovered_at timestamp with time zone default now() not null,
  undated boolean default false not null,
  image jsonb,
  update_told_at timestamp with time zone,
  constraint image_digests_pkey PRIMARY KEY (id),
  constraint image_digests_container_image_id_manifest_digest_key UNIQUE (container_image_id, manifest_digest),
  constraint image_digests_id_container_image_id_key UNIQUE (id, container_image_id),
  constraint image_digests_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE
);
CREATE INDEX image_digests_pushed ON public.image_digests USING btree (container_image_id, pushed_at DESC NULLS LAST, id DESC);

create table image_hooks (
  container_image_id uuid not null,
  moment text not null,
  "position" integer not null,
  name text not null,
  method text not null,
  url text not null,
  timeout_ms integer not null,
  request bytea not null,
  constraint image_hooks_pkey PRIMARY KEY (container_image_id, moment, "position"),
  constraint image_hooks_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE,
  constraint image_hooks_moment_check CHECK ((moment = ANY (ARRAY['before'::text, 'after'::text]))),
  constraint image_hooks_timeout_ms_check CHECK (((timeout_ms >= 100) AND (timeout_ms <= 600000)))
);

create table image_jobs (
  container_image_id uuid not null,
  service_id uuid,
  command text[] not null,
  timeout_ms integer not null,
  updated_at timestamp with time zone default now() not null,
  constraint image_jobs_pkey PRIMARY KEY (container_image_id),
  constraint image_jobs_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE,
  constraint image_jobs_service_id_fkey FOREIGN KEY (service_id) REFERENCES services(id) ON DELETE SET NULL,
  constraint image_jobs_command_check CHECK (((cardinality(command) >= 1) AND (cardinality(command) <= 100))),
  constraint image_jobs_timeout_ms_check CHECK (((timeout_ms >= 1000) AND (timeout_ms <= 86400000)))
);
CREATE INDEX image_jobs_service_id_idx ON public.image_jobs USING btree (service_id);

create table image_syncs (
  container_image_id uuid not null,
  owner uuid not null,
  expires_at timestamp with time zone not null,
  constraint image_syncs_pkey PRIMARY KEY (container_image_id),
  constraint image_syncs_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE
);

create table image_tag_lists (
  container_image_id uuid not null,
  registry_id uuid not null,
  tags bytea not null,
  constraint image_tag_lists_pkey PRIMARY KEY (container_image_id),
  constraint image_tag_lists_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE,
  constraint image_tag_lists_registry_id_fkey FOREIGN KEY (registry_id) REFERENCES registries(id) ON DELETE CASCADE
);

create table incoming_deliveries (
  secret_name text not null,
  id_hash bytea not null,
  request_hash bytea not null,
  outcome jsonb not null,
  taken_at timestamp with time zone default now() not null,
  constraint incoming_deliveries_pkey PRIMARY KEY (secret_name, id_hash)
);
CREATE INDEX incoming_deliveries_taken_at ON public.incoming_deliveries USING btree (taken_at);

create table job_runners (
  id text not null,
  seen_at timestamp with time zone default now() not null,
  constraint job_runners_pkey PRIMARY KEY (id)
);

create table join_tokens (
  token_hash bytea not null,
  server_id uuid not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  constraint join_tokens_pkey PRIMARY KEY (token_hash),
  constraint join_tokens_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE CASCADE
);
CREATE INDEX join_tokens_expires ON public.join_tokens USING btree (expires_at);
CREATE INDEX join_tokens_server ON public.join_tokens USING btree (server_id);

create table log_follows (
  id uuid not null,
  server_id uuid not null,
  session_id uuid not null,
  container_name text not null,
  tail integer not null,
  since bigint,
  seen_at timestamp with time zone default now() not null,
  constraint log_follows_pkey PRIMARY KEY (id),
  constraint log_follows_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE CASCADE
);
CREATE INDEX log_follows_session ON public.log_follows USING btree (session_id);

create table log_parts (
  follow_id uuid not null,
  "position" integer not null,
  lines jsonb not null,
  ended boolean not null,
  error text,
  constraint log_parts_pkey PRIMARY KEY (follow_id, "position"),
  constraint log_parts_follow_id_fkey FOREIGN KEY (follow_id) REFERENCES log_follows(id) ON DELETE CASCADE
);

create table login_sources (
  user_id uuid not null,
  source text not null,
  seen_at timestamp with time zone default now() not null,
  constraint login_sources_pkey PRIMARY KEY (user_id, source),
  constraint login_sources_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

create table notification_marks (
  user_id uuid not null,
  read_until bigint not null,
  constraint notification_marks_pkey PRIMARY KEY (user_id),
  constraint notification_marks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

create table notifications (
  id bigint generated always as identity not null,
  environment_id uuid not null,
  event text not null,
  payload jsonb not null,
  created_at timestamp with time zone default now() not null,
  constraint notifications_pkey PRIMARY KEY (id),
  constraint notifications_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE CASCADE
);
CREATE INDEX notifications_created ON public.notifications USING btree (created_at);
CREATE INDEX notifications_environment ON public.notifications USING btree (environment_id, id DESC);
CREATE TRIGGER changed AFTER INSERT ON public.notifications FOR EACH ROW EXECUTE FUNCTION notify_notification();

create table oidc_returns (
  state_hash bytea not null,
  expires_at timestamp with time zone not null,
  constraint oidc_returns_pkey PRIMARY KEY (state_hash)
);

create table passkey_challenges (
  challenge_hash bytea not null,
  expires_at timestamp with time zone not null,
  constraint passkey_challenges_pkey PRIMARY KEY (challenge_hash)
);

create table passkeys (
  id uuid not null,
  user_id uuid not null,
  credential_id bytea not null,
  public_key bytea not null,
  sign_count bigint not null,
  name text not null,
  created_at timestamp with time zone default now() not null,
  last_used_at timestamp with time zone,
  constraint passkeys_pkey PRIMARY KEY (id),
  constraint passkeys_credential_id_key UNIQUE (credential_id),
  constraint passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX passkeys_user ON public.passkeys USING btree (user_id);

create table plan_hooks (
  plan_id uuid not null,
  number integer not null,
  request bytea not null,
  constraint plan_hooks_pkey PRIMARY KEY (plan_id, number),
  constraint plan_hooks_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES deployment_plans(id) ON DELETE CASCADE
);

create table plan_services (
  plan_id uuid not null,
  "position" integer not null,
  service_id uuid,
  service_name text not null,
  server_id uuid,
  server_name text not null,
  container_name text not null,
  level integer not null,
  depends_on jsonb default '[]'::jsonb not null,
  previous_digest_id uuid,
  previous_digest text,
  previous_image_tag text,
  rollback_body jsonb not null,
  active boolean default false not null,
  image_tag text,
  observed jsonb,
  target_position integer default 0 not null,
  outside jsonb default '[]'::jsonb not null,
  batch integer default 1 not null,
  constraint plan_services_pkey PRIMARY KEY (plan_id, "position"),
  constraint plan_services_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES deployment_plans(id) ON DELETE CASCADE,
  constraint plan_services_previous_digest_id_fkey FOREIGN KEY (previous_digest_id) REFERENCES image_digests(id) ON DELETE SET NULL,
  constraint plan_services_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE SET NULL,
  constraint plan_services_service_id_fkey FOREIGN KEY (service_id) REFERENCES services(id) ON DELETE SET NULL,
  constraint plan_services_batch_check CHECK ((batch >= 1))
);
CREATE INDEX plan_services_digest ON public.plan_services USING btree (previous_digest_id);
CREATE UNIQUE INDEX plan_services_one_active ON public.plan_services USING btree (service_id) WHERE active;
CREATE INDEX plan_services_service ON public.plan_services USING btree (service_id, plan_id);

create table plan_steps (
  id uuid not null,
  plan_id uuid not null,
  "position" integer not null,
  level integer not null,
  action text not null,
  status text default 'pending'::text not null,
  service_position integer,
  server_id uuid,
  server_name text not null,
  target_digest text,
  previous_digest text,
  timeout_ms integer not null,
  deadline_at timestamp with time zone,
  started_at timestamp with time zone,
  completed_at timestamp with time zone,
  error text,
  command_id uuid not null,
  body jsonb not null,
  registry_id uuid,
  note text,
  target_position integer,
  batch integer,
  soak_start jsonb,
  soak_asked jsonb,
  constraint plan_steps_pkey PRIMARY KEY (id),
  constraint plan_steps_command_id_key UNIQUE (command_id),
  constraint plan_steps_plan_id_position_key UNIQUE (plan_id, "position"),
  constraint plan_steps_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES deployment_plans(id) ON DELETE CASCADE,
  constraint plan_steps_plan_id_service_position_fkey FOREIGN KEY (plan_id, service_position) REFERENCES plan_services(plan_id, "position"),
  constraint plan_steps_registry_id_fkey FOREIGN KEY (registry_id) REFERENCES registries(id) ON DELETE SET NULL,
  constraint plan_steps_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE SET NULL,
  constraint plan_steps_action_check CHECK ((action = ANY (ARRAY['pull'::text, 'job'::text, 'hook'::text, 'deploy'::text, 'soak'::text, 'health_check'::text, 'rollback'::text]))),
  constraint plan_steps_batch_check CHECK ((batch >= 1)),
  constraint plan_steps_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'success'::text, 'failed'::text, 'skipped'::text, 'rolled_back'::text])))
);
CREATE TRIGGER changed AFTER INSERT ON public.plan_steps REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION notify_step_changed();
CREATE TRIGGER changed_update AFTER UPDATE ON public.plan_steps REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION notify_step_changed();

create table plan_targets (
  plan_id uuid not null,
  "position" integer not null,
  container_image_id uuid,
  image_name text not null,
  image_tag text,
  image_digest text not null,
  image_digest_id uuid,
  signature jsonb,
  constraint plan_targets_pkey PRIMARY KEY (plan_id, "position"),
  constraint plan_targets_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE SET NULL,
  constraint plan_targets_image_digest_id_fkey FOREIGN KEY (image_digest_id) REFERENCES image_digests(id) ON DELETE SET NULL,
  constraint plan_targets_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES deployment_plans(id) ON DELETE CASCADE
);
CREATE INDEX plan_targets_digest ON public.plan_targets USING btree (image_digest_id);
CREATE INDEX plan_targets_image ON public.plan_targets USING btree (container_image_id, plan_id);

create table quarantined_digests (
  container_image_id uuid not null,
  digest_id uuid not null,
  plan_id uuid,
  reason text not null,
  created_at timestamp with time zone default now() not null,
  constraint quarantined_digests_pkey PRIMARY KEY (container_image_id, digest_id),
  constraint quarantined_digests_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE,
  constraint quarantined_digests_digest_id_fkey FOREIGN KEY (digest_id) REFERENCES image_digests(id) ON DELETE CASCADE
);
CREATE TRIGGER event AFTER INSERT ON public.quarantined_digests FOR EACH ROW EXECUTE FUNCTION record_quarantine_event();

create table receipt_keys (
  id text not null,
  x text not null,
  private_key bytea,
  created_at timestamp with time zone default now() not null,
  retired_at timestamp with time zone,
  constraint receipt_keys_pkey PRIMARY KEY (id),
  constraint receipt_keys_check CHECK (((private_key IS NULL) = (retired_at IS NOT NULL)))
);
CREATE UNIQUE INDEX receipt_keys_current ON public.receipt_keys USING btree ((true)) WHERE (retired_at IS NULL);

create table recovery_codes (
  user_id uuid not null,
  code_hash bytea not null,
  constraint recovery_codes_pkey PRIMARY KEY (user_id, code_hash),
  constraint recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES second_factors(user_id) ON DELETE CASCADE
);

create table registries (
  id uuid not null,
  environment_id uuid not null,
  name text not null,
  type text not null,
  registry_url text not null,
  repository_prefix text,
  username text,
  token bytea,
  password bytea,
  is_default boolean default false not null,
  refresh_interval_minutes integer default 30 not null,
  auto_link_pattern text,
  last_refresh_at timestamp with time zone,
  last_error text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  password_to_agents text default 'without_tokens'::text not null,
  token_realm text,
  constraint registries_pkey PRIMARY KEY (id),
  constraint registries_id_environment_id_key UNIQUE (id, environment_id),
  constraint registries_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE RESTRICT,
  constraint registries_password_to_agents_check CHECK ((password_to_agents = ANY (ARRAY['never'::text, 'without_tokens'::text, 'always'::text]))),
  constraint registries_refresh_interval_minutes_check CHECK (((refresh_interval_minutes >= 5) AND (refresh_interval_minutes <= 1440))),
  constraint registries_type_check CHECK ((type = ANY (ARRAY['generic'::text, 'dockerhub'::text, 'ghcr'::text, 'gitlab'::text, 'digitalocean'::text, 'ecr'::text, 'gcr'::text, 'acr'::text, 'quay'::text, 'harbor'::text, 'gitea'::text, 'artifactory'::text, 'nexus'::text])))
);
CREATE UNIQUE INDEX registries_default ON public.registries USING btree (environment_id) WHERE is_default;
CREATE UNIQUE INDEX registries_name ON public.registries USING btree (environment_id, lower(name));
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE ON public.registries FOR EACH ROW EXECUTE FUNCTION notify_changed('registry');
CREATE TRIGGER event AFTER UPDATE OF last_error ON public.registries FOR EACH ROW WHEN (((old.last_error IS NULL) <> (new.last_error IS NULL))) EXECUTE FUNCTION record_registry_event();

create table registry_checks (
  registry_id uuid not null,
  started_at timestamp with time zone default now() not null,
  constraint registry_checks_pkey PRIMARY KEY (registry_id),
  constraint registry_checks_registry_id_fkey FOREIGN KEY (registry_id) REFERENCES registries(id) ON DELETE CASCADE
);

create table replicas (
  id uuid not null,
  streams integer not null,
  seen_at timestamp with time zone default now() not null,
  constraint replicas_pkey PRIMARY KEY (id)
);

create table row_counts (
  table_name text not null,
  environment_id uuid,
  kind text not null,
  about text not null,
  change bigint not null
);
CREATE INDEX row_counts_of ON public.row_counts USING btree (table_name, environment_id, kind, about);

create table second_factors (
  user_id uuid not null,
  secret bytea not null,
  created_at timestamp with time zone default now() not null,
  confirmed_at timestamp with time zone,
  last_step bigint default 0 not null,
  constraint second_factors_pkey PRIMARY KEY (user_id),
  constraint second_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

create table server_certificates (
  server_id uuid not null,
  serial text not null,
  generation integer not null,
  valid_from timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  issued_at timestamp with time zone default now() not null,
  used_at timestamp with time zone,
  retired_at timestamp with time zone,
  authority text,
  constraint server_certificates_pkey PRIMARY KEY (server_id, serial),
  constraint server_certificates_server_id_fkey FOREIGN KEY (server_id) REFERENCES servers(id) ON DELETE CASCADE
);

create table servers (
  id uuid not null,
  environment_id uuid not null,
  name text not null,
  hostname text,
  tags text[] default '{}'::text[] not null,
  status text default 'pending'::text not null,
  agent_version text,
  host jsonb,
  session_id uuid,
  last_seen_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  certificate_generation integer default 0 not null,
  agent_capabilities text[] default '{}'::text[] not null,
  revoked_at timestamp with time zone,
  agent_instances text[] default '{}'::text[] not null,
  two_agents_at timestamp with time zone,
  outdated_told_for text,
  clock_offset_ms bigint,
  inventory_session_id uuid,
  constraint servers_pkey PRIMARY KEY (id),
  constraint servers_id_environment_id_key UNIQUE (id, environment_id),
  constraint servers_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE RESTRICT,
  constraint servers_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'online'::text, 'offline'::text])))
);
CREATE UNIQUE INDEX servers_name ON public.servers USING btree (environment_id, lower(name));
CREATE TRIGGER changed AFTER INSERT OR DELETE ON public.servers FOR EACH ROW EXECUTE FUNCTION notify_changed('server');
CREATE TRIGGER changed_update AFTER UPDATE OF id, environment_id, name, hostname, tags, status, agent_version, host, created_at, certificate_generation, agent_capabilities, revoked_at, agent_instances, two_agents_at, outdated_told_for, clock_offset_ms ON public.servers FOR EACH ROW WHEN (((to_jsonb(old.*) - '{last_seen_at,session_id,inventory_session_id,updated_at}'::text[]) IS DISTINCT FROM (to_jsonb(new.*) - '{last_seen_at,session_id,inventory_session_id,updated_at}'::text[]))) EXECUTE FUNCTION notify_changed('server');
CREATE TRIGGER disk_alert AFTER UPDATE OF host ON public.servers FOR EACH ROW WHEN (((old.host -> 'diskFreeBytes'::text) IS DISTINCT FROM (new.host -> 'diskFreeBytes'::text))) EXECUTE FUNCTION review_disk();
CREATE TRIGGER enrolled AFTER UPDATE OF certificate_generation ON public.servers FOR EACH ROW WHEN ((old.certificate_generation IS DISTINCT FROM new.certificate_generation)) EXECUTE FUNCTION forget_recorded_specs();
CREATE TRIGGER event AFTER UPDATE OF status ON public.servers FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION record_server_event();
CREATE TRIGGER graph_update AFTER UPDATE OF name ON public.servers FOR EACH ROW WHEN ((old.name IS DISTINCT FROM new.name)) EXECUTE FUNCTION note_graph_change();

create table service_dependencies (
  id uuid not null,
  environment_id uuid not null,
  service_id uuid not null,
  depends_on_id uuid not null,
  type text not null,
  created_at timestamp with time zone default now() not null,
  constraint service_dependencies_pkey PRIMARY KEY (id),
  constraint service_dependencies_service_id_depends_on_id_key UNIQUE (service_id, depends_on_id),
  constraint service_dependencies_depends_on_id_environment_id_fkey FOREIGN KEY (depends_on_id, environment_id) REFERENCES services(id, environment_id) ON DELETE CASCADE,
  constraint service_dependencies_service_id_environment_id_fkey FOREIGN KEY (service_id, environment_id) REFERENCES services(id, environment_id) ON DELETE CASCADE,
  constraint service_dependencies_check CHECK ((service_id <> depends_on_id)),
  constraint service_dependencies_type_check CHECK ((type = ANY (ARRAY['health_before'::text, 'deploy_after'::text])))
);
CREATE INDEX service_dependencies_depends_on ON public.service_dependencies USING btree (depends_on_id);
CREATE TRIGGER graph_delete AFTER DELETE ON public.service_dependencies REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_graph_change();
CREATE TRIGGER graph_insert AFTER INSERT ON public.service_dependencies REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_graph_change();
CREATE TRIGGER graph_update AFTER UPDATE ON public.service_dependencies FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION note_graph_change();

create table service_updates (
  service_id uuid not null,
  container_image_id uuid not null,
  deployed_digest_id uuid not null,
  image_tag text,
  found boolean not null,
  reason text not null,
  digest_id uuid,
  tag text,
  kind text,
  because text,
  automatic_digest_id uuid,
  constraint service_updates_pkey PRIMARY KEY (service_id),
  constraint service_updates_automatic_digest_id_fkey FOREIGN KEY (automatic_digest_id) REFERENCES image_digests(id) ON DELETE CASCADE,
  constraint service_updates_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE,
  constraint service_updates_deployed_digest_id_fkey FOREIGN KEY (deployed_digest_id) REFERENCES image_digests(id) ON DELETE CASCADE,
  constraint service_updates_digest_id_fkey FOREIGN KEY (digest_id) REFERENCES image_digests(id) ON DELETE CASCADE,
  constraint service_updates_service_id_fkey FOREIGN KEY (service_id) REFERENCES services(id) ON DELETE CASCADE
);
CREATE INDEX service_updates_image ON public.service_updates USING btree (container_image_id);

create table services (
  id uuid not null,
  environment_id uuid not null,
  server_id uuid not null,
  name text not null,
  container_name text not null,
  container_image_id uuid not null,
  image_tag text,
  deployed_digest_id uuid,
  running_digest text,
  discovery_status text default 'missing'::text not null,
  ever_found boolean default false not null,
  health_check_url text,
  health_wait_ms integer,
  health_retries integer default 3 not null,
  health_interval_ms integer default 5000 not null,
  health_probe text default 'eager'::text not null,
  deploy_order text default 'stop-first'::text not null,
  spec jsonb,
  recorded_spec jsonb,
  last_deployed_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  running_image_id text,
  constraint services_pkey PRIMARY KEY (id),
  constraint services_id_environment_id_key UNIQUE (id, environment_id),
  constraint services_server_id_container_name_key UNIQUE (server_id, container_name),
  constraint services_container_image_id_environment_id_fkey FOREIGN KEY (container_image_id, environment_id) REFERENCES container_images(id, environment_id) ON DELETE RESTRICT,
  constraint services_deployed_digest_id_fkey FOREIGN KEY (deployed_digest_id) REFERENCES image_digests(id) ON DELETE SET NULL,
  constraint services_server_id_environment_id_fkey FOREIGN KEY (server_id, environment_id) REFERENCES servers(id, environment_id) ON DELETE CASCADE,
  constraint services_deploy_order_check CHECK ((deploy_order = ANY (ARRAY['stop-first'::text, 'start-first'::text]))),
  constraint services_discovery_status_check CHECK ((discovery_status = ANY (ARRAY['found'::text, 'missing'::text]))),
  constraint services_health_interval_ms_check CHECK (((health_interval_ms >= 100) AND (health_interval_ms <= 600000))),
  constraint services_health_probe_check CHECK ((health_probe = ANY (ARRAY['eager'::text, 'engine'::text]))),
  constraint services_health_retries_check CHECK (((health_retries >= 0) AND (health_retries <= 100))),
  constraint services_health_wait_ms_check CHECK (((health_wait_ms >= 0) AND (health_wait_ms <= 3600000)))
);
CREATE INDEX services_digest ON public.services USING btree (deployed_digest_id);
CREATE INDEX services_image ON public.services USING btree (container_image_id);
CREATE INDEX services_name ON public.services USING btree (environment_id, lower(name), id) INCLUDE (name, container_image_id);
CREATE INDEX services_of_server ON public.services USING btree (server_id, lower(name), id) INCLUDE (name);
CREATE INDEX services_search ON public.services USING gin (text_parts(((name || ' '::text) || container_name), 1)) WITH (fastupdate=off);
CREATE TRIGGER alert AFTER INSERT ON public.services FOR EACH ROW EXECUTE FUNCTION review_service();
CREATE TRIGGER alert_update AFTER UPDATE OF discovery_status ON public.services FOR EACH ROW WHEN ((old.discovery_status <> new.discovery_status)) EXECUTE FUNCTION review_service();
CREATE TRIGGER changed AFTER INSERT OR DELETE ON public.services FOR EACH ROW EXECUTE FUNCTION notify_changed('service');
CREATE TRIGGER changed_update AFTER UPDATE ON public.services FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION notify_changed('service');
CREATE TRIGGER counted AFTER INSERT ON public.services REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows('''''', '''''');
CREATE TRIGGER counted_delete AFTER DELETE ON public.services REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('''''', '''''');
CREATE TRIGGER event AFTER UPDATE OF running_digest, running_image_id, deployed_digest_id ON public.services FOR EACH ROW WHEN (((old.running_digest IS DISTINCT FROM new.running_digest) OR (old.running_image_id IS DISTINCT FROM new.running_image_id) OR (old.deployed_digest_id IS DISTINCT FROM new.deployed_digest_id))) EXECUTE FUNCTION record_service_event();
CREATE TRIGGER graph_delete AFTER DELETE ON public.services REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_graph_change();
CREATE TRIGGER graph_insert AFTER INSERT ON public.services REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_graph_change();
CREATE TRIGGER graph_update AFTER UPDATE OF name, server_id, environment_id ON public.services FOR EACH ROW WHEN ((((old.name IS DISTINCT FROM new.name) OR (old.server_id IS DISTINCT FROM new.server_id)) OR (old.environment_id IS DISTINCT FROM new.environment_id))) EXECUTE FUNCTION note_graph_change();

create table sessions (
  id uuid not null,
  token_hash bytea not null,
  user_id uuid not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  cookie_hash bytea,
  address text,
  user_agent text,
  last_seen_at timestamp with time zone,
  last_address text,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_cookie_hash_key UNIQUE (cookie_hash),
  constraint sessions_token_hash_key UNIQUE (token_hash),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX sessions_expires ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id);
CREATE TRIGGER changed AFTER DELETE ON public.sessions FOR EACH ROW EXECUTE FUNCTION notify_access();

create table signature_rules (
  id uuid not null,
  environment_id uuid,
  registry_id uuid,
  container_image_id uuid,
  mode text not null,
  keys jsonb default '[]'::jsonb not null,
  updated_at timestamp with time zone default now() not null,
  identities jsonb default '[]'::jsonb not null,
  constraint signature_rules_pkey PRIMARY KEY (id),
  constraint signature_rules_container_image_id_key UNIQUE (container_image_id),
  constraint signature_rules_environment_id_key UNIQUE (environment_id),
  constraint signature_rules_registry_id_key UNIQUE (registry_id),
  constraint signature_rules_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE,
  constraint signature_rules_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE CASCADE,
  constraint signature_rules_registry_id_fkey FOREIGN KEY (registry_id) REFERENCES registries(id) ON DELETE CASCADE,
  constraint signature_rules_check CHECK ((num_nonnulls(environment_id, registry_id, container_image_id) = 1)),
  constraint signature_rules_mode_check CHECK ((mode = ANY (ARRAY['none'::text, 'warn'::text, 'require'::text])))
);

create table skipped_digests (
  container_image_id uuid not null,
  digest_id uuid not null,
  reason text,
  skipped_by text not null,
  created_at timestamp with time zone default now() not null,
  constraint skipped_digests_pkey PRIMARY KEY (container_image_id, digest_id),
  constraint skipped_digests_container_image_id_fkey FOREIGN KEY (container_image_id) REFERENCES container_images(id) ON DELETE CASCADE,
  constraint skipped_digests_digest_id_fkey FOREIGN KEY (digest_id) REFERENCES image_digests(id) ON DELETE CASCADE
);

create table soak_queries (
  step_id uuid not null,
  plan_id uuid not null,
  question_id uuid not null,
  open boolean default true not null,
  due_at timestamp with time zone default now() not null,
  claim uuid,
  answer jsonb,
  constraint soak_queries_pkey PRIMARY KEY (step_id),
  constraint soak_queries_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES deployment_plans(id) ON DELETE CASCADE,
  constraint soak_queries_step_id_fkey FOREIGN KEY (step_id) REFERENCES plan_steps(id) ON DELETE CASCADE
);
CREATE INDEX soak_queries_open ON public.soak_queries USING btree (due_at) WHERE open;
CREATE INDEX soak_queries_plan ON public.soak_queries USING btree (plan_id);

create table system_settings (
  key text not null,
  value jsonb not null,
  updated_at timestamp with time zone default now() not null,
  constraint system_settings_pkey PRIMARY KEY (key)
);

create table tag_sightings (
  digest_id uuid not null,
  tag text not null,
  since timestamp with time zone not null,
  constraint tag_sightings_pkey PRIMARY KEY (digest_id, tag),
  constraint tag_sightings_digest_id_fkey FOREIGN KEY (digest_id) REFERENCES image_digests(id) ON DELETE CASCADE
);

create table user_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null,
  created_at timestamp with time zone default now() not null,
  roles_until timestamp with time zone,
  constraint user_identities_pkey PRIMARY KEY (issuer, subject),
  constraint user_identities_user_id_key UNIQUE (user_id),
  constraint user_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

create table user_roles (
  user_id uuid not null,
  environment_id uuid,
  role text not null,
  constraint user_roles_environment_id_fkey FOREIGN KEY (environment_id) REFERENCES environments(id) ON DELETE CASCADE,
  constraint user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint user_roles_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text])))
);
CREATE INDEX user_roles_environment ON public.user_roles USING btree (environment_id);
CREATE UNIQUE INDEX user_roles_everywhere ON public.user_roles USING btree (user_id) WHERE (environment_id IS NULL);
CREATE UNIQUE INDEX user_roles_in_environment ON public.user_roles USING btree (user_id, environment_id) WHERE (environment_id IS NOT NULL);
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE ON public.user_roles FOR EACH ROW EXECUTE FUNCTION notify_access();

create table users (
  id uuid not null,
  email text not null,
  name text,
  password_hash text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  passkey_handle uuid default gen_random_uuid() not null,
  constraint users_pkey PRIMARY KEY (id),
  constraint users_passkey_handle_key UNIQUE (passkey_handle)
);
CREATE UNIQUE INDEX users_email ON public.users USING btree (lower(email));

create table webhook_deliveries (
  id uuid not null,
  webhook_id uuid not null,
  event text not null,
  environment_id uuid,
  payload jsonb not null,
  status text default 'pending'::text not null,
  attempts integer default 0 not null,
  response_status integer,
  response_body text,
  error text,
  duration_ms integer,
  created_at timestamp with time zone default now() not null,
  attempted_at timestamp with time zone,
  held_until timestamp with time zone,
  constraint webhook_deliveries_pkey PRIMARY KEY (id),
  constraint webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE,
  constraint webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['held'::text, 'pending'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE INDEX webhook_deliveries_created ON public.webhook_deliveries USING btree (created_at);
CREATE INDEX webhook_deliveries_held ON public.webhook_deliveries USING btree (webhook_id, held_until) WHERE (status = 'held'::text);
CREATE INDEX webhook_deliveries_status ON public.webhook_deliveries USING btree (webhook_id, status, id DESC);
CREATE INDEX webhook_deliveries_webhook ON public.webhook_deliveries USING btree (webhook_id, id DESC);
CREATE TRIGGER counted AFTER INSERT ON public.webhook_deliveries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows('status', 'webhook_id::text');
CREATE TRIGGER counted_delete AFTER DELETE ON public.webhook_deliveries REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('status', 'webhook_id::text');
CREATE TRIGGER counted_update AFTER UPDATE ON public.webhook_deliveries REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_rows('status', 'webhook_id::text');

create table webhooks (
  id uuid not null,
  name text not null,
  kind text not null,
  url text not null,
  secret bytea,
  events text[] not null,
  environment_ids uuid[],
  enabled boolean default true not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  headers jsonb,
  body text,
  batch_ms integer,
  quiet_hours jsonb,
  constraint webhooks_pkey PRIMARY KEY (id),
  constraint webhooks_batch_ms_check CHECK (((batch_ms >= 1000) AND (batch_ms <= 3600000))),
  constraint webhooks_kind_check CHECK ((kind = ANY (ARRAY['webhook'::text, 'slack'::text, 'discord'::text, 'teams'::text, 'ntfy'::text, 'email'::text, 'telegram'::text, 'gotify'::text, 'matrix'::text, 'pushover'::text, 'mqtt'::text, 'template'::text])))
);

CREATE OR REPLACE FUNCTION public.audit_content(place bigint, entry audit_logs)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select jsonb_build_object(
    'position', place,
    'id', entry.id,
    'at', to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'actorType', entry.actor_type,
    'actorId', entry.actor_id,
    'actorName', entry.actor_name,
    'address', entry.address,
    'action', entry.action,
    'resourceType', entry.resource_type,
    'resourceId', entry.resource_id,
    'resourceName', entry.resource_name,
    'environmentId', entry.environment_id,
    'details', entry.details)::text
$function$;

CREATE OR REPLACE FUNCTION public.audit_drop_before(month timestamp with time zone, most integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  place bigint;
  own bytea;
  removed bigint;
begin
  month := date_trunc('month', month, 'UTC');
  if month > audit_kept_from() then
    raise exception 'audit entries from % on are kept', audit_kept_from()
      using errcode = 'insufficient_privilege';
  end if;
  perform pg_advisory_xact_lock(418581342580);
  -- One whose entry is missing stays, so that it is not forgotten that it was there.
  select position, hash into place, own from (
    select beginning.*, bool_and(coalesce(at < month, false)) over (order by position) as over
    from (
      select position, hash, at from audit_chain left join audit_logs on id = entry_id
      order by position limit most) as beginning) as chain
  where over order by position desc limit 1;
  if not found then return 0; end if;
  insert into audit_drops (until_position, until_hash) values (place, own);
  delete from audit_logs where id in (select entry_id from audit_chain where position <= place);
  get diagnostics removed = row_count;
  delete from audit_chain where position <= place;
  insert into audit_logs (id, actor_type, actor_name, action, resource_type, details)
  values (gen_random_uuid(), 'system', 'system', 'drop_audit_entries', 'audit_log',
    jsonb_build_object('entries', removed, 'before', to_char(month at time zone 'UTC', 'YYYY-MM-DD'),
      'untilPosition', place, 'untilHash', encode(own, 'hex')));
  return removed;
end $function$;

CREATE OR REPLACE FUNCTION public.audit_hash(previous bytea, content text)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select sha256(previous || convert_to(content, 'UTF8'))
$function$;

CREATE OR REPLACE FUNCTION public.audit_kept_from()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select date_trunc('month', now() - interval '90 days', 'UTC')
$function$;

CREATE OR REPLACE FUNCTION public.chain_audit_entry()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  place bigint;
  before bytea;
begin
  perform pg_advisory_xact_lock(418581342580);
  select position, hash into place, before from audit_chain order by position desc limit 1;
  if not found then
    select until_position, until_hash into place, before
    from audit_drops order by until_position desc limit 1;
  end if;
  place := coalesce(place, 0) + 1;
  before := coalesce(before, decode(repeat('00', 32), 'hex'));
  insert into audit_chain (position, entry_id, previous, hash)
  values (place, new.id, before, audit_hash(before, audit_content(place, new)));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.container_alert(service services, told text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select case
    when service.discovery_status = 'missing'
      then case when service.ever_found then 'container.missing' end
    else (
      select case
        when restarted_at[3] > now() - interval '10 minutes'
          or (told = 'container.crash_looping' and restarted_at[1] > now() - interval '10 minutes')
          then 'container.crash_looping'
        when report ->> 'state' <> 'running' or report ->> 'health' = 'starting' then null
        when report ->> 'health' = 'unhealthy' then 'container.unhealthy'
        else ''
      end
      from containers
      where server_id = service.server_id and name = service.container_name
      order by report ->> 'state' = 'running' desc, first_seen_at desc limit 1)
  end
$function$;

CREATE OR REPLACE FUNCTION public.count_rows()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  place text := format('select %L, environment_id, %s, %s', tg_table_name, tg_argv[0], tg_argv[1]);
begin
  execute 'insert into row_counts (table_name, environment_id, kind, about, change) '
    || case tg_op
      when 'INSERT' then place || ', count(*) from added group by 2, 3, 4'
      when 'DELETE' then place || ', -count(*) from removed group by 2, 3, 4'
      else 'select table_name, environment_id, kind, about, sum(change) from ('
        || place || ', 1 from added union all ' || place || ', -1 from removed'
        || ') as each (table_name, environment_id, kind, about, change)'
        || ' group by 1, 2, 3, 4 having sum(change) <> 0'
      end;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.forget_recorded_specs()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update services set recorded_spec = null, updated_at = now()
  where server_id = new.id and recorded_spec is not null;

  update plan_services set rollback_body = rollback_body
    || jsonb_build_object('spec', services.spec, 'forgetsRecord', true)
  from services, deployment_plans
  where plan_services.server_id = new.id and services.id = plan_services.service_id
    and deployment_plans.id = plan_services.plan_id and deployment_plans.status not in ('pending', 'waiting_for_approval');

  update plan_steps set body = body || jsonb_build_object('spec', services.spec)
  from services
  where plan_steps.server_id = new.id and plan_steps.status in ('pending', 'running')
    and plan_steps.action in ('deploy', 'rollback') and body ->> 'spec' is not null
    and services.id::text = body ->> 'serviceId';

  update commands set body = body || jsonb_build_object('spec', services.spec)
  from services
  where commands.server_id = new.id and commands.status <> 'done'
    and commands.kind in ('run', 'rollback') and body ->> 'spec' is not null
    and services.id::text = body ->> 'serviceId';
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.keep_audit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  remaining bigint;
begin
  if not exists (select from gone) then return null; end if;
  select position into remaining from audit_chain
  where exists (select from audit_logs where id = entry_id) order by position limit 1;
  if tg_table_name = 'audit_logs' then
    if exists (
      select from gone left join audit_chain on entry_id = id
      where at >= audit_kept_from() or position is null or position > remaining)
    then
      raise exception 'delete of audit_logs is refused: entries are kept from % on', audit_kept_from()
        using errcode = 'insufficient_privilege',
          hint = 'Whole months are removed by audit_drop_before once they are old enough.';
    end if;
  elsif exists (
    select from gone where position > remaining
      or position > coalesce((select max(until_position) from audit_drops), 0)
      or exists (select from audit_logs where id = entry_id))
  then
    raise exception 'delete of audit_chain is refused: entries are kept'
      using errcode = 'insufficient_privilege';
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.note_graph_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_level = 'ROW' then
    insert into row_counts (table_name, environment_id, kind, about, change)
    values ('dependency_graphs', new.environment_id, '', '', 1);
  else
    insert into row_counts (table_name, environment_id, kind, about, change)
    select distinct 'dependency_graphs', environment_id, '', '', 1 from changed;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.note_restarts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  more integer := least((new.report ->> 'restartCount')::bigint - (old.report ->> 'restartCount')::bigint, 3);
begin
  new.restarted_at := (array_fill(now(), array[more]) || old.restarted_at)[1:3];
  return new;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_access()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('changed', json_build_object(
    'kind', 'access', 'id', case when tg_op = 'INSERT' then new.user_id else old.user_id end,
    'op', 'delete', 'environmentId', null)::text);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_agent_upgrade()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('agent_upgrade', new.id::text);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  changed jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('changed', json_build_object(
    'kind', tg_argv[0],
    'id', changed ->> 'id',
    'op', lower(tg_op),
    'environmentId', case when tg_argv[0] = 'environment' then changed ->> 'id' else changed ->> 'environment_id' end
  )::text);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_command()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    perform pg_notify('command_queued', new.server_id::text);
  elsif new.status = 'done' and old.status <> 'done' then
    perform pg_notify('command_done', json_build_object('id', new.id, 'planId', new.plan_id)::text);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_container_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('changed', json_build_object(
    'kind', 'container', 'id', changed.name, 'serverId', changed.server_id,
    'environmentId', servers.environment_id)::text)
  from (select distinct server_id, name from changed_rows) changed
  join servers on servers.id = changed.server_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('changed', '{"kind": "event", "id": "", "environmentId": null}');
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_notification()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('changed', json_build_object('kind', 'notification', 'id', new.id::text,
    'op', 'insert', 'environmentId', new.environment_id)::text);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.notify_step_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('changed', json_build_object('kind', 'step', 'id', '', 'planId', changed.plan_id,
    'environmentId', deployment_plans.environment_id)::text)
  from (select distinct plan_id from changed_rows) changed
  join deployment_plans on deployment_plans.id = changed.plan_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.plan_audit_name(asked uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(image.name, target.image_name) || ' '
    || coalesce(target.image_tag, target.image_digest)
    || case when others.count > 0 then ' and ' || others.count || ' more' else '' end
  from plan_targets target left join container_images image on image.id = target.container_image_id,
    (select count(*) from plan_targets where plan_id = asked and position > 0) others
  where target.plan_id = asked and target.position = 0
$function$;

CREATE OR REPLACE FUNCTION public.record_command_outcome()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into audit_logs (id, actor_type, actor_id, actor_name, address, action, resource_type,
    resource_id, resource_name, environment_id, details)
  select entry.id, entry."actorType", entry."actorId", entry."actorName", entry.address,
    entry.action, entry."resourceType", entry."resourceId", entry."resourceName",
    entry."environmentId", entry.details || case when (new.outcome ->> 'ok')::boolean
      then jsonb_build_object('outcome', 'succeeded') || ((new.outcome -> 'body') - 'kind')
      else jsonb_build_object('outcome', 'failed',
        'error', left(new.outcome -> 'failure' ->> 'message', 1000))
    end
  from jsonb_to_record(new.audit) as entry(id uuid, "actorType" text, "actorId" uuid,
    "actorName" text, address text, action text, "resourceType" text, "resourceId" text,
    "resourceName" text, "environmentId" uuid, details jsonb);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.record_freeze_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  concerned freezes := case when tg_op = 'DELETE' then old else new end;
begin
  -- One that goes with its environment, or has ended by itself, is no news.
  if tg_op = 'DELETE' and old.until <= now() then return null; end if;
  insert into domain_events (name, environment_id, subject_id, data)
  select case when tg_op = 'DELETE' then 'environment.unfrozen' else 'environment.frozen' end,
    id, id, jsonb_build_object('until', concerned.until, 'reason', concerned.reason,
      'by', concerned.set_by, 'everywhere', concerned.environment_id is null)
  from environments where concerned.environment_id is null or id = concerned.environment_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.record_image_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.update_digest_id is distinct from old.update_digest_id then
    insert into domain_events (name, environment_id, subject_id, data)
    values ('image.update_available', new.environment_id, new.id,
      jsonb_build_object('digestId', new.update_digest_id));
  else
    insert into domain_events (name, environment_id, subject_id)
    values ('image.update_policy_changed', new.environment_id, new.id);
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.record_plan_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  event text := case
    when new.status = 'waiting_for_approval' then 'plan.waiting'
    when new.status = 'paused' then 'plan.paused'
    when new.status = 'running' and old.status <> 'paused' and new.rollback_started_at is null
      then 'deployment.started'
    when new.status = 'completed' then 'deployment.succeeded'
    when new.status = 'failed' then 'deployment.failed'
    when new.status = 'rolled_back' then 'deployment.rolled_back'
  end;
begin
  if event is null then return null; end if;
  insert into domain_events (name, environment_id, subject_id, data)
  values (event, new.environment_id, new.id, jsonb_build_object(
    'imageId', new.container_image_id, 'imageName', new.image_name,
    'tag', new.image_tag, 'digest', new.image_digest,
    'status', new.status, 'error', new.error,
    'approvalsRequired', new.approvals_required,
    'pausedReason', new.paused_reason, 'pausedBy', new.paused_by,
    'triggerType', new.trigger_type, 'triggeredBy', new.triggered_by,
    'targets', coalesce((
      select jsonb_agg(jsonb_build_object('imageId', container_image_id, 'imageName', image_name,
        'tag', image_tag, 'digest', image_digest) order by position)
      from plan_targets where plan_id = new.id), '[]'),
    'services', coalesce((
      select jsonb_agg(jsonb_build_object('id', service_id, 'name', service_name,
        'serverName', server_name) order by position)
      from plan_services where plan_id = new.id), '[]')));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.record_plan_outcome()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into audit_logs (id, actor_type, actor_name, action, resource_type, resource_id,
    resource_name, environment_id, details)
  values (gen_random_uuid(), 'system', 'system', 'end_plan', 'deployment_plan', new.id,
    plan_audit_name(new.id), new.environment_id,
    jsonb_strip_nulls(jsonb_build_object('outcome', new.status, 'error', left(new.error, 1000),
      'triggeredBy', new.triggered_by)));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.record_quarantine_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into domain_events (name, environment_id, subject_id, data)
  select 'digest.quarantined', environment_id, id, jsonb_build_object(
    'digestId', new.digest_id, 'planId', new.plan_id, 'reason', new.reason)
  from container_images where id = new.container_image_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.record_registry_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into domain_events (name, environment_id, subject_id, data)
  values (
    case when new.last_error is null then 'registry.recovered' else 'registry.failing' end,
    new.environment_id, new.id, jsonb_build_object('error', coalesce(new.last_error, old.last_error)));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.record_server_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.status = 'offline' and old.status = 'online' then
    insert into domain_events (name, environment_id, subject_id)
    values ('server.offline', new.environment_id, new.id) on conflict do nothing;
  elsif new.status = 'online' then
    delete from domain_events where subject_id = new.id and name = 'server.offline';
    if not found then
      insert into domain_events (name, environment_id, subject_id)
      values ('server.online', new.environment_id, new.id);
    end if;
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.record_service_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if service_drift(new) is not null then
    insert into domain_events (name, environment_id, subject_id)
    values ('service.drift', new.environment_id, new.id) on conflict do nothing;
  else
    delete from domain_events where subject_id = new.id and name = 'service.drift';
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% of % is refused: audit entries are not changed', lower(tg_op), tg_table_name
    using errcode = 'insufficient_privilege',
      hint = 'Whole months are removed by audit_drop_before once they are old enough.';
end $function$;

CREATE OR REPLACE FUNCTION public.review_changed_containers()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform review_container_alerts(array(
    select v.id from after_rows c
    join before_rows b on b.server_id = c.server_id and b.container_id = c.container_id
    join services v on v.server_id = c.server_id and v.container_name = c.name
    where (b.report ->> 'health', b.report ->> 'state', b.report -> 'restartCount', b.name)
      is distinct from (c.report ->> 'health', c.report ->> 'state', c.report -> 'restartCount', c.name)));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.review_container_alerts(ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  changed record;
begin
  for changed in
    select v.id, v.environment_id, state.event
    from services v left join alerts on alerts.subject_id = v.id
      cross join lateral (select container_alert(v, alerts.event) as event) state
    where v.id = any(ids) and state.event is not null
      and state.event is distinct from coalesce(alerts.event, '')
    order by v.id
  loop
    perform set_alert(changed.id, null, changed.environment_id, changed.event, 'container.recovered');
  end loop;
end $function$;

CREATE OR REPLACE FUNCTION public.review_disk()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  free numeric := (new.host ->> 'diskFreeBytes')::numeric;
begin
  if free > 0 and free < 2147483648 then
    perform set_alert(null, new.id, new.environment_id, 'server.disk_low', 'server.disk_recovered');
  elsif free >= 3221225472 then
    perform set_alert(null, new.id, new.environment_id, '', 'server.disk_recovered');
  end if;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.review_new_containers()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform review_container_alerts(array(
    select v.id from after_rows c
    join services v on v.server_id = c.server_id and v.container_name = c.name
    where c.report ->> 'health' = 'unhealthy'
      or exists (select from alerts where alerts.subject_id = v.id)));
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.review_service()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform review_container_alerts(array[new.id]);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.service_drift(service services)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select case
    when service.running_digest is not null
      then nullif(service.running_digest, deployed.manifest_digest)
    when deployed.config_digest is not null and not exists (
      select from jsonb_to_recordset(deployed.platforms) as platform ("configDigest" text)
      where platform."configDigest" is null
    ) then service.running_image_id
  end
  from image_digests deployed where deployed.id = service.deployed_digest_id
$function$;

CREATE OR REPLACE FUNCTION public.set_alert(service uuid, server uuid, environment uuid, broken text, recovered text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  subject uuid := coalesce(service, server);
  worse constant text[] := array['container.unhealthy', 'container.crash_looping', 'container.missing'];
  told text;
  told_since timestamptz;
begin
  if broken = '' then
    delete from alerts where subject_id = subject returning event, since into told, told_since;
    if not found then return; end if;
    delete from domain_events where subject_id = subject and name = told;
    if not found then
      insert into domain_events (name, environment_id, subject_id, data)
      values (recovered, environment, subject, jsonb_build_object('was', told, 'since', told_since));
    end if;
    return;
  end if;
  insert into alerts (subject_id, service_id, server_id, event)
  values (subject, service, server, broken) on conflict do nothing;
  if found then
    delete from domain_events where subject_id = subject and name = recovered
      returning data ->> 'was', (data ->> 'since')::timestamptz into told, told_since;
    update alerts set since = coalesce(told_since, since) where subject_id = subject;
  else
    select event into told from alerts where subject_id = subject for update;
  end if;
  if told is not null and coalesce(array_position(worse, broken), 0) <= coalesce(array_position(worse, told), 0) then
    update alerts set event = told where subject_id = subject and event <> told;
    return;
  end if;
  update alerts set event = broken where subject_id = subject;
  delete from domain_events where subject_id = subject and name = told;
  insert into domain_events (name, environment_id, subject_id) values (broken, environment, subject);
end $function$;

CREATE OR REPLACE FUNCTION public.text_parts(value text, shortest integer)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE COST 100000
AS $function$
  select coalesce(array_agg(distinct substr(lower(value), place, size)), '{}')
  from generate_series(shortest, 3) as size,
    generate_series(1, char_length(value) - size + 1) as place
$function$;
