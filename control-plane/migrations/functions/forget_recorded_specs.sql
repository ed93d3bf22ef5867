-- What an agent said its containers were created with counts for that agent only: the next one to
-- enrol for the server may be on another host, and is not to run what the last one wrote down. Plans
-- hold it, too: for what they have not done yet, and to go back. There the person's description counts.
-- A plan that was not started is given what counts when it is.
create or replace function forget_recorded_specs() returns trigger language plpgsql as $$
begin
  update services set recorded_spec = null, updated_at = now()
  where server_id = new.id and recorded_spec is not null;

  update plan_services set rollback_body = rollback_body
    || jsonb_build_object('spec', services.spec, 'forgetsRecord', true)
  from services, deployment_plans
  where plan_services.server_id = new.id and services.id = plan_services.service_id
    and deployment_plans.id = plan_services.plan_id and deployment_plans.status not in ('pending', 'waiting_for_approval');

  update plan_steps set body = body || jsonb_build_object('spec', services.spec)
  from services
  where plan_steps.server_id = new.id and plan_steps.status in ('pending', 'running')
    and plan_steps.action in ('deploy', 'rollback') and body ->> 'spec' is not null
    and services.id::text = body ->> 'serviceId';

  update commands set body = body || jsonb_build_object('spec', services.spec)
  from services
  where commands.server_id = new.id and commands.status <> 'done'
    and commands.kind in ('run', 'rollback') and body ->> 'spec' is not null
    and services.id::text = body ->> 'serviceId';
  return null;
end $$;

create or replace trigger enrolled after update of certificate_generation on servers for each row
  when (old.certificate_generation is distinct from new.certificate_generation)
  execute function forget_recorded_specs();
