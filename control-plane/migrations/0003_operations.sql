-- What happened, written in the transaction in which it happened, for whoever acts on it later:
-- notifications, auto-update, pruning. An event is deleted once it was acted on.
create table domain_events (
  id bigint primary key generated always as identity,
  name text not null,
  environment_id uuid not null references environments on delete cascade,
  -- the plan, image, server or service
  subject_id uuid not null,
  at timestamptz not null default now(),
  data jsonb not null default '{}'
);
-- A state that may be over before anybody was told: one untold event of it at most.
create unique index domain_events_untold on domain_events (subject_id, name)
  where name in ('server.offline', 'service.drift');

create function notify_event() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', '{"kind": "event", "id": "", "environmentId": null}');
  return null;
end $$;
create trigger changed after insert on domain_events
  for each statement execute function notify_event();

create function record_plan_event() returns trigger language plpgsql as $$
declare
  event text := case
    when new.status = 'running' and new.rollback_started_at is null then 'deployment.started'
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
    'triggerType', new.trigger_type, 'triggeredBy', new.triggered_by,
    'services', coalesce((
      select jsonb_agg(jsonb_build_object('id', service_id, 'name', service_name,
        'serverName', server_name) order by position)
      from plan_services where plan_id = new.id), '[]')));
  return null;
end $$;
create trigger event after update of status on deployment_plans for each row
  when (old.status is distinct from new.status) execute function record_plan_event();

-- An outage that ends before anybody was told of it is none.
create function record_server_event() returns trigger language plpgsql as $$
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
end $$;
create trigger event after update of status on servers for each row
  when (old.status is distinct from new.status) execute function record_server_event();

create function record_service_event() returns trigger language plpgsql as $$
begin
  if new.running_digest <> (
    select manifest_digest from image_digests where id = new.deployed_digest_id
  ) then
    insert into domain_events (name, environment_id, subject_id)
    values ('service.drift', new.environment_id, new.id) on conflict do nothing;
  else
    delete from domain_events where subject_id = new.id and name = 'service.drift';
  end if;
  return null;
end $$;
create trigger event after update of running_digest, deployed_digest_id on services for each row
  when (old.running_digest is distinct from new.running_digest
    or old.deployed_digest_id is distinct from new.deployed_digest_id)
  execute function record_service_event();

create function record_image_event() returns trigger language plpgsql as $$
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
end $$;

-- auto-update ------------------------------------------------------------------------

alter table container_images
  -- how old a digest has to be before auto-update takes it
  add column update_minimum_age_minutes integer not null default 0
    check (update_minimum_age_minutes between 0 and 525600),
  -- [{"days": ["mon", …], "from": "22:00", "to": "04:00"}]; empty: at any time
  add column update_windows jsonb not null default '[]',
  -- the IANA time zone that the windows are in
  add column update_time_zone text not null default 'UTC',
  -- why the plan for that digest could not be created
  add column update_refusal text,
  add column update_refused_digest_id uuid references image_digests on delete set null;

create trigger event after update on container_images for each row
  when (new.update_digest_id is not null and (
    new.update_digest_id is distinct from old.update_digest_id
    or (new.auto_update, new.update_minimum_age_minutes, new.update_windows, new.update_time_zone)
      is distinct from
      (old.auto_update, old.update_minimum_age_minutes, old.update_windows, old.update_time_zone)))
  execute function record_image_event();

-- When the schedule last began with a registry, whether or not it answered.
create table registry_checks (
  registry_id uuid primary key references registries on delete cascade,
  started_at timestamptz not null default now()
);

-- background jobs --------------------------------------------------------------------

-- Which processes run jobs. The job library's own tables are in the schema bridgeport_jobs.
create table job_runners (
  -- what the library locks jobs with
  id text primary key,
  seen_at timestamptz not null default now()
);

-- outgoing webhooks ------------------------------------------------------------------

create table webhooks (
  id uuid primary key,
  name text not null,
  kind text not null check (kind in ('webhook', 'slack', 'discord', 'teams', 'ntfy', 'email')),
  url text not null,
  -- encrypted with the master key
  secret bytea,
  events text[] not null,
  -- null: every environment
  environment_ids uuid[],
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table webhook_deliveries (
  id uuid primary key,
  webhook_id uuid not null references webhooks on delete cascade,
  event text not null,
  environment_id uuid,
  payload jsonb not null,
  status text not null default 'pending' check (status in ('pending', 'succeeded', 'failed')),
  attempts integer not null default 0,
  response_status integer,
  -- the first 1000 characters
  response_body text,
  error text,
  duration_ms integer,
  created_at timestamptz not null default now(),
  attempted_at timestamptz
);
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, id desc);
