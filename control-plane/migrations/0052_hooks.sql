-- HTTP calls that every plan of an image makes before it begins and when it ends.
create table image_hooks (
  container_image_id uuid not null references container_images on delete cascade,
  moment text not null check (moment in ('before', 'after')),
  position integer not null,
  name text not null,
  method text not null,
  -- without its query, for people who look at plans
  url text not null,
  timeout_ms integer not null check (timeout_ms between 100 and 600000),
  -- {url, headers, body}, encrypted with the master key
  request bytea not null,
  primary key (container_image_id, moment, position)
);

-- What a plan fixed of its hooks when it was made; their steps have the number in their body.
create table plan_hooks (
  plan_id uuid not null references deployment_plans on delete cascade,
  number integer not null,
  -- {url, headers, body}, encrypted with the master key
  request bytea not null,
  primary key (plan_id, number)
);

-- The call of a step that was started. A replica takes it by writing its claim, and keeps it by moving
-- due_at on: where it dies, another one takes the call when that time has come.
create table hook_calls (
  step_id uuid primary key references plan_steps on delete cascade,
  plan_id uuid not null references deployment_plans on delete cascade,
  -- {status, error}: how the plan stands, or is about to end
  told jsonb not null,
  -- how many requests were begun
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  claim uuid,
  -- {ok, status, text, ms, error}
  outcome jsonb
);
create index hook_calls_open on hook_calls (due_at) where outcome is null;
create index hook_calls_plan on hook_calls (plan_id);
