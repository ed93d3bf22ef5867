-- Until when nothing is deployed in an environment, or in all of them. A row that has ended is as good as none.
create table freezes (
  id uuid primary key,
  -- null: every environment
  environment_id uuid references environments on delete cascade,
  until timestamptz not null,
  reason text not null,
  set_by text not null,
  set_at timestamptz not null default now()
);

create unique index freezes_one on freezes
  (coalesce(environment_id, '00000000-0000-0000-0000-000000000000'::uuid));
