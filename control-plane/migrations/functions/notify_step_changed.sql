-- Once for each plan of a statement: thousands of steps may change at once.
create or replace function notify_step_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', json_build_object('kind', 'step', 'id', '', 'planId', changed.plan_id,
    'environmentId', deployment_plans.environment_id)::text)
  from (select distinct plan_id from changed_rows) changed
  join deployment_plans on deployment_plans.id = changed.plan_id;
  return null;
end $$;

create or replace trigger changed after insert on plan_steps
  referencing new table as changed_rows
  for each statement execute function notify_step_changed();
create or replace trigger changed_update after update on plan_steps
  referencing new table as changed_rows
  for each statement execute function notify_step_changed();
