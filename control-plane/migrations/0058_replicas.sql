-- Control planes that serve agents, each with how many streams it holds. A row whose replica has not
-- repeated it for a while is of one that died.
create table replicas (
  id uuid primary key,
  streams integer not null,
  seen_at timestamptz not null default now()
);
