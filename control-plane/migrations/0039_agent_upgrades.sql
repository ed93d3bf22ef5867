-- What becomes of the last order to upgrade a server's agent; `id` is the server's.
create table agent_upgrades (
  id uuid primary key references servers (id) on delete cascade,
  environment_id uuid not null references environments (id) on delete cascade,
  -- what the agent tells this order from earlier ones by
  attempt uuid not null,
  status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  from_version text not null,
  to_version text not null,
  error text,
  -- how many of the environment may run at once
  batch integer not null check (batch > 0),
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz
);
create index agent_upgrades_open on agent_upgrades (environment_id)
  where status in ('queued', 'running');

-- The control plane's version for which it was told that the agent is older.
alter table servers add column outdated_told_for text;
