create or replace function notify_step_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', json_build_object('kind', 'step', 'id', new.id, 'planId', new.plan_id,
    'environmentId', (select environment_id from deployment_plans where id = new.plan_id))::text);
  return null;
end $$;

create or replace trigger changed after insert or update on plan_steps
  for each row execute function notify_step_changed();
