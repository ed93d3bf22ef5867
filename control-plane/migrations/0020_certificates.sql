-- The certificates of a server's present enrolment. One that was used retires those before it; until
-- then the one before counts, as an agent may be killed before it has stored the new one. What was
-- issued before this table is taken in when it is first seen; see servers/certificate-standing.ts.
create table server_certificates (
  server_id uuid not null references servers (id) on delete cascade,
  serial text not null,
  generation integer not null,
  valid_from timestamptz not null,
  expires_at timestamptz not null,
  issued_at timestamptz not null default now(),
  used_at timestamptz,
  retired_at timestamptz,
  primary key (server_id, serial)
);

-- An administrator has ended all certificates of the server; null since it enrolled again.
alter table servers add column revoked_at timestamptz;
-- Which processes have spoken for the server, the latest first: one that comes back after another one
-- means that there are two.
alter table servers add column agent_instances text[] not null default '{}';
alter table servers add column two_agents_at timestamptz;
