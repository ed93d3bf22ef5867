-- What became of a plan; who started it has an entry from before.
create or replace function record_plan_outcome() returns trigger language plpgsql as $$
begin
  insert into audit_logs (id, actor_type, actor_name, action, resource_type, resource_id,
    resource_name, environment_id, details)
  values (gen_random_uuid(), 'system', 'system', 'end_plan', 'deployment_plan', new.id,
    plan_audit_name(new.id), new.environment_id,
    jsonb_strip_nulls(jsonb_build_object('outcome', new.status, 'error', left(new.error, 1000),
      'triggeredBy', new.triggered_by)));
  return null;
end $$;

create or replace trigger outcome after update of status on deployment_plans for each row
  when (old.status is distinct from new.status
    and new.status in ('completed', 'failed', 'rolled_back', 'cancelled'))
  execute function record_plan_outcome();
