-- What is broken now and was told of: one row for each service or server, until it is well again.
create table alerts (
  subject_id uuid primary key,
  service_id uuid references services on delete cascade,
  server_id uuid references servers on delete cascade,
  -- the event that told of it
  event text not null,
  since timestamptz not null default now(),
  check (subject_id = coalesce(service_id, server_id))
);

create index alerts_service on alerts (service_id);
create index alerts_server on alerts (server_id);

-- When a container was last restarted by its engine, the latest first; no more of them than make a crash loop.
alter table containers add column restarted_at timestamptz[] not null default '{}';

-- When it was told that a digest is available as an update: once, however often it becomes one.
alter table image_digests add column update_told_at timestamptz;

alter table webhooks drop constraint webhooks_kind_check;
alter table webhooks
  add constraint webhooks_kind_check check (kind in ('webhook', 'slack', 'discord', 'teams', 'ntfy',
    'email', 'telegram', 'gotify', 'matrix', 'pushover', 'mqtt', 'template')),
  -- of the kind template: {name: value}, and the body, both with placeholders
  add column headers jsonb,
  add column body text,
  -- events of so many milliseconds go out as one message; null: each by itself
  add column batch_ms integer check (batch_ms between 1000 and 3600000),
  -- {from, to, timeZone, urgentThrough}; null: none
  add column quiet_hours jsonb;

-- Until when a delivery is held, for a batch or for quiet hours; null: it is not.
alter table webhook_deliveries add column held_until timestamptz;
alter table webhook_deliveries drop constraint webhook_deliveries_status_check;
alter table webhook_deliveries add constraint webhook_deliveries_status_check
  check (status in ('held', 'pending', 'succeeded', 'failed'));
create index webhook_deliveries_held on webhook_deliveries (webhook_id, held_until)
  where status = 'held';

-- What happened, for people who were away. Ids rise in the order in which they can be seen.
create table notifications (
  id bigint generated always as identity primary key,
  environment_id uuid not null references environments on delete cascade,
  event text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);

create index notifications_environment on notifications (environment_id, id desc);
create index notifications_created on notifications (created_at);

-- How far each user has read them.
create table notification_marks (
  user_id uuid primary key references users on delete cascade,
  read_until bigint not null
);
