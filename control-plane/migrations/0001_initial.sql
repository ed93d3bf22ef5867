-- The words of the domain as tables. Constraints carry the rules: what may be unique,
-- what belongs to which environment, and that a service is in one active plan at most.

create table environments (
  id uuid primary key,
  name text not null,
  auto_prune_images boolean not null default false,
  prune_images_mode text not null default 'dangling' check (prune_images_mode in ('dangling', 'all')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index environments_name on environments (lower(name));

create table system_settings (
  key text primary key,
  value jsonb not null,
  updated_at timestamptz not null default now()
);

-- identity ---------------------------------------------------------------------------

create table users (
  id uuid primary key,
  email text not null,
  name text,
  password_hash text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

create table sessions (
  id uuid primary key,
  token_hash bytea not null unique,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);

create table api_tokens (
  id uuid primary key,
  name text not null,
  token_hash bytea not null unique,
  user_id uuid not null references users on delete cascade,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  -- null: every environment
  environment_ids uuid[],
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);

-- Names are kept beside ids: an entry outlives the user and the resource.
create table audit_logs (
  id uuid primary key,
  at timestamptz not null default now(),
  actor_type text not null check (actor_type in ('user', 'token', 'webhook', 'system')),
  actor_id uuid,
  actor_name text not null,
  action text not null,
  resource_type text not null,
  resource_id text,
  resource_name text,
  environment_id uuid,
  details jsonb not null default '{}'
);
create index audit_logs_at on audit_logs (at desc);
create index audit_logs_environment on audit_logs (environment_id, at desc);

create table idempotency_keys (
  actor_id uuid not null,
  key text not null,
  request_hash bytea not null,
  -- null: the first request is still being answered
  status integer,
  body text,
  created_at timestamptz not null default now(),
  primary key (actor_id, key)
);

-- servers ----------------------------------------------------------------------------

create table certificate_authority (
  only_one boolean primary key default true check (only_one),
  certificate_pem text not null,
  -- encrypted with the master key
  private_key bytea not null,
  created_at timestamptz not null default now()
);

create table servers (
  id uuid primary key,
  environment_id uuid not null references environments on delete restrict,
  name text not null,
  hostname text,
  tags text[] not null default '{}',
  status text not null default 'pending' check (status in ('pending', 'online', 'offline')),
  agent_version text,
  -- the last host status that the agent sent
  host jsonb,
  -- which stream is this server's: the newest session wins
  session_id uuid,
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, environment_id)
);
create unique index servers_name on servers (environment_id, lower(name));

create table join_tokens (
  token_hash bytea primary key,
  server_id uuid not null references servers on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now()
);
create index join_tokens_server on join_tokens (server_id);

-- What each engine said last about its containers.
create table containers (
  server_id uuid not null references servers on delete cascade,
  container_id text not null,
  name text not null,
  image_id text not null,
  -- proto's ContainerReport
  report jsonb not null,
  first_seen_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (server_id, container_id)
);
create index containers_name on containers (server_id, name);

-- registries and images --------------------------------------------------------------

create table registries (
  id uuid primary key,
  environment_id uuid not null references environments on delete restrict,
  name text not null,
  type text not null check (type in
    ('generic', 'dockerhub', 'ghcr', 'gitlab', 'digitalocean', 'ecr', 'gcr', 'acr', 'quay', 'harbor')),
  registry_url text not null,
  repository_prefix text,
  username text,
  -- encrypted with the master key
  token bytea,
  password bytea,
  is_default boolean not null default false,
  refresh_interval_minutes integer not null default 30 check (refresh_interval_minutes between 5 and 1440),
  auto_link_pattern text,
  last_refresh_at timestamptz,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, environment_id)
);
create unique index registries_name on registries (environment_id, lower(name));
create unique index registries_default on registries (environment_id) where is_default;

create table container_images (
  id uuid primary key,
  environment_id uuid not null references environments on delete restrict,
  name text not null,
  -- as the user wrote it, and as it is compared: nginx and docker.io/library/nginx are one
  image_name text not null,
  normalized_name text not null,
  tag_filter text not null default 'latest',
  registry_id uuid,
  auto_update boolean not null default false,
  update_available boolean not null default false,
  deployed_digest_id uuid,
  last_checked_at timestamptz,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, environment_id),
  unique (environment_id, normalized_name),
  foreign key (registry_id, environment_id) references registries (id, environment_id) on delete restrict
);
create index container_images_registry on container_images (registry_id);

-- Immutable but for its tags.
create table image_digests (
  id uuid primary key,
  container_image_id uuid not null references container_images on delete cascade,
  manifest_digest text not null,
  -- of the preferred platform; every platform's is in `platforms`
  config_digest text,
  media_type text,
  -- [{"platform": "linux/amd64", "manifestDigest": …, "configDigest": …, "size": …}]
  platforms jsonb not null default '[]',
  tags text[] not null default '{}',
  size bigint,
  pushed_at timestamptz,
  discovered_at timestamptz not null default now(),
  unique (container_image_id, manifest_digest),
  unique (id, container_image_id)
);
create index image_digests_pushed on image_digests (container_image_id, pushed_at desc nulls last, id desc);

alter table container_images add foreign key (deployed_digest_id, id)
  references image_digests (id, container_image_id);

-- Digests that failed or were rolled back: auto-update leaves them alone.
create table quarantined_digests (
  container_image_id uuid not null references container_images on delete cascade,
  digest_id uuid not null references image_digests on delete cascade,
  plan_id uuid,
  reason text not null,
  created_at timestamptz not null default now(),
  primary key (container_image_id, digest_id)
);

-- services ---------------------------------------------------------------------------

create table services (
  id uuid primary key,
  environment_id uuid not null,
  server_id uuid not null,
  name text not null,
  container_name text not null,
  container_image_id uuid not null,
  image_tag text,
  deployed_digest_id uuid,
  -- the engine's own word, resolved to the digest of a row where one is known
  running_digest text,
  discovery_status text not null default 'missing' check (discovery_status in ('found', 'missing')),
  -- true once a container of that name has been seen
  ever_found boolean not null default false,
  health_check_url text,
  health_wait_ms integer check (health_wait_ms between 0 and 3600000),
  health_retries integer not null default 3 check (health_retries between 0 and 100),
  health_interval_ms integer not null default 5000 check (health_interval_ms between 100 and 600000),
  health_probe text not null default 'eager' check (health_probe in ('eager', 'engine')),
  deploy_order text not null default 'stop-first' check (deploy_order in ('stop-first', 'start-first')),
  -- what a person asked for, Engine API terms
  spec jsonb,
  -- the create body of the last run and the image whose defaults it contains: for re-creation
  recorded_spec jsonb,
  recorded_image_reference text,
  last_deployed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, environment_id),
  unique (server_id, container_name),
  foreign key (server_id, environment_id) references servers (id, environment_id) on delete cascade,
  foreign key (container_image_id, environment_id)
    references container_images (id, environment_id) on delete restrict,
  foreign key (deployed_digest_id) references image_digests on delete set null
);
create index services_image on services (container_image_id);
create index services_environment on services (environment_id);

create table service_dependencies (
  id uuid primary key,
  environment_id uuid not null,
  service_id uuid not null,
  depends_on_id uuid not null,
  type text not null check (type in ('health_before', 'deploy_after')),
  created_at timestamptz not null default now(),
  unique (service_id, depends_on_id),
  check (service_id <> depends_on_id),
  foreign key (service_id, environment_id) references services (id, environment_id) on delete cascade,
  foreign key (depends_on_id, environment_id) references services (id, environment_id) on delete cascade
);
create index service_dependencies_depends_on on service_dependencies (depends_on_id);

-- plans ------------------------------------------------------------------------------

create table deployment_plans (
  id uuid primary key,
  environment_id uuid not null references environments on delete restrict,
  -- null once the image is deleted; its name is kept
  container_image_id uuid references container_images on delete set null,
  image_name text not null,
  image_tag text,
  image_digest text not null,
  image_digest_id uuid references image_digests on delete set null,
  status text not null default 'pending' check (status in
    ('pending', 'running', 'completed', 'failed', 'rolled_back', 'cancelled')),
  trigger_type text not null check (trigger_type in ('manual', 'webhook', 'auto_update', 'rollback')),
  triggered_by text not null,
  triggered_by_id uuid,
  auto_rollback boolean not null,
  parallel_execution boolean not null,
  error text,
  cancel_requested_at timestamptz,
  -- set when rolling back began, by itself or by hand
  rollback_started_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz
);
create index deployment_plans_environment on deployment_plans (environment_id, created_at desc);
create index deployment_plans_image on deployment_plans (container_image_id, created_at desc);
create index deployment_plans_active on deployment_plans (id) where status = 'running';

-- What the plan fixed for each service when it was built. Never changes but for `active`.
create table plan_services (
  plan_id uuid not null references deployment_plans on delete cascade,
  position integer not null,
  -- null once the service is deleted; names are kept
  service_id uuid references services on delete set null,
  service_name text not null,
  server_id uuid references servers on delete set null,
  server_name text not null,
  container_name text not null,
  level integer not null,
  -- positions of services of this plan that must come before, with how
  depends_on jsonb not null default '[]',
  previous_digest_id uuid references image_digests on delete set null,
  previous_digest text,
  previous_image_tag text,
  -- proto's RollbackCommand: how this service goes back, whatever the plan does
  rollback_body jsonb not null,
  active boolean not null default false,
  primary key (plan_id, position)
);
create unique index plan_services_one_active on plan_services (service_id) where active;
create index plan_services_service on plan_services (service_id, plan_id);

create table plan_steps (
  id uuid primary key,
  plan_id uuid not null references deployment_plans on delete cascade,
  position integer not null,
  level integer not null,
  action text not null check (action in ('pull', 'deploy', 'health_check', 'rollback')),
  status text not null default 'pending' check (status in
    ('pending', 'running', 'success', 'failed', 'skipped', 'rolled_back')),
  -- position in plan_services; null for a pull, which is for a server
  service_position integer,
  server_id uuid references servers on delete set null,
  server_name text not null,
  target_digest text,
  previous_digest text,
  timeout_ms integer not null,
  deadline_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  error text,
  -- the command that carries it out, fixed when the step was made: proto's CommandBody,
  -- its id (so that it exists once at most) and whose credentials it needs
  command_id uuid not null unique,
  body jsonb not null,
  registry_id uuid references registries on delete set null,
  unique (plan_id, position),
  foreign key (plan_id, service_position) references plan_services (plan_id, position)
);

-- Orders to agents. Written by whoever wants something done, delivered by the gateway
-- that holds the agent's stream, at least once; one result each.
create table commands (
  id uuid primary key,
  server_id uuid not null references servers on delete cascade,
  plan_id uuid references deployment_plans on delete cascade,
  step_id uuid references plan_steps on delete cascade,
  kind text not null,
  -- proto's CommandBody, without credentials
  body jsonb not null,
  -- whose credentials the gateway adds when it delivers
  registry_id uuid references registries on delete set null,
  status text not null default 'queued' check (status in ('queued', 'sent', 'accepted', 'done')),
  -- proto's CommandResult outcome
  outcome jsonb,
  -- [{"at": epoch milliseconds, "phase": …, "message": …}], what the agent told meanwhile
  progress jsonb not null default '[]',
  deadline_at timestamptz,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  done_at timestamptz,
  check ((status = 'done') = (outcome is not null))
);
create index commands_undone on commands (server_id, created_at) where status <> 'done';
create index commands_step on commands (step_id);
create index commands_plan on commands (plan_id);

-- notifications ----------------------------------------------------------------------

-- Notifications only wake; the reader rereads rows. Payloads are ids.
create function notify_changed() returns trigger language plpgsql as $$
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
end $$;

create trigger changed after insert or update or delete on environments
  for each row execute function notify_changed('environment');
create trigger changed after insert or delete on servers
  for each row execute function notify_changed('server');
create trigger changed_update after update on servers for each row
  when ((to_jsonb(old) - '{last_seen_at,session_id,updated_at}'::text[]) is distinct from (to_jsonb(new) - '{last_seen_at,session_id,updated_at}'::text[]))
  execute function notify_changed('server');
create trigger changed after insert or delete on services
  for each row execute function notify_changed('service');
create trigger changed_update after update on services for each row
  when (old is distinct from new) execute function notify_changed('service');
create trigger changed after insert or update or delete on container_images
  for each row execute function notify_changed('image');
create trigger changed after insert or update or delete on registries
  for each row execute function notify_changed('registry');
create trigger changed after insert or update or delete on deployment_plans
  for each row execute function notify_changed('plan');

create function notify_step_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', json_build_object('kind', 'step', 'id', new.id, 'planId', new.plan_id,
    'environmentId', (select environment_id from deployment_plans where id = new.plan_id))::text);
  return null;
end $$;
create trigger changed after insert or update on plan_steps
  for each row execute function notify_step_changed();

create function notify_container_changed() returns trigger language plpgsql as $$
declare
  changed containers := case when tg_op = 'DELETE' then old else new end;
begin
  perform pg_notify('changed', json_build_object(
    'kind', 'container', 'id', changed.name, 'serverId', changed.server_id,
    'environmentId', (select environment_id from servers where id = changed.server_id))::text);
  return null;
end $$;
create trigger changed after insert or update or delete on containers
  for each row execute function notify_container_changed();

create function notify_command() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform pg_notify('command_queued', new.server_id::text);
  elsif new.status = 'done' and old.status <> 'done' then
    perform pg_notify('command_done', json_build_object('id', new.id, 'planId', new.plan_id)::text);
  end if;
  return null;
end $$;
create trigger queued after insert on commands for each row execute function notify_command();
create trigger done after update on commands for each row execute function notify_command();
