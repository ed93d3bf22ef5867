-- The newest question of each kind that was asked while a batch is watched: [{of, id, askedAt, until}].
alter table plan_steps add column soak_asked jsonb;

-- What Prometheus is asked for a batch that is watched, one row a soak. A replica takes an open question by
-- writing its claim and moving due_at on: where it dies, another one takes the question when that time has come.
create table soak_queries (
  step_id uuid primary key references plan_steps on delete cascade,
  plan_id uuid not null references deployment_plans on delete cascade,
  -- which of the soak's questions was asked last
  question_id uuid not null,
  open boolean not null default true,
  due_at timestamptz not null default now(),
  claim uuid,
  -- the newest answer: {questionId, at, value, problem}
  answer jsonb
);
create index soak_queries_open on soak_queries (due_at) where open;
create index soak_queries_plan on soak_queries (plan_id);
