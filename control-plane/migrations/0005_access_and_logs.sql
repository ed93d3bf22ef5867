-- Whoever has lost a session or an API token has lost what is open in its name, too.
create function notify_access() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', json_build_object(
    'kind', 'access', 'id', old.user_id, 'op', 'delete', 'environmentId', null)::text);
  return null;
end $$;
create trigger changed after delete on sessions for each row execute function notify_access();
create trigger changed after delete on api_tokens for each row execute function notify_access();

-- Enrolling a server again makes its earlier certificates worthless. Those of before this are 0.
alter table servers add column certificate_generation int not null default 0;

-- Logs that are followed from another replica than the one that holds the agent's stream. Nothing
-- here is worth keeping: after a crash of the database both tables are empty, and readers ask again.
create unlogged table log_follows (
  id uuid primary key,
  server_id uuid not null references servers on delete cascade,
  -- the stream that is to serve it; another one does not
  session_id uuid not null,
  container_name text not null,
  tail int not null,
  -- epoch milliseconds
  since bigint,
  -- the reader repeats that it is there
  seen_at timestamptz not null default now()
);
create index log_follows_session on log_follows (session_id);
create unlogged table log_parts (
  follow_id uuid not null references log_follows on delete cascade,
  position int not null,
  -- [{at, stream, text}]
  lines jsonb not null,
  ended boolean not null,
  error text,
  primary key (follow_id, position)
);
