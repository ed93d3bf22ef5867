-- How many people other than its starter have to approve a plan before it starts.
alter table environments add column required_approvals smallint not null default 0
  check (required_approvals between 0 and 2);

alter table deployment_plans
  -- Who asked to start it, where it had to be approved first, and since when it waits or has waited.
  add column asked_by text,
  add column asked_by_id uuid,
  add column waiting_since timestamptz,
  -- How many are needed, and those that were given: [{userId, user, at, comment}].
  add column approvals_required smallint not null default 0,
  add column approvals jsonb not null default '[]';
