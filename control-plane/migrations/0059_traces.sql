-- Where a plan's spans belong: below the request that made or started it, as the header traceparent names it.
-- null: it was none, or traces were not wanted.
alter table deployment_plans
  add column trace_parent text,
  -- since when it is rolled back by a person, after it had ended; null: since it was started
  add column trace_began timestamptz;

-- {startedAt, finishedAt, phases: [{name, startedAt, finishedAt}]}, by the agent's clock.
alter table commands add column work jsonb;
