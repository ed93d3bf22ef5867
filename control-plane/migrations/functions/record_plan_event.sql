create or replace function record_plan_event() returns trigger language plpgsql as $$
declare
  event text := case
    when new.status = 'waiting_for_approval' then 'plan.waiting'
    when new.status = 'paused' then 'plan.paused'
    when new.status = 'running' and old.status <> 'paused' and new.rollback_started_at is null
      then 'deployment.started'
    when new.status = 'completed' then 'deployment.succeeded'
    when new.status = 'failed' then 'deployment.failed'
    when new.status = 'rolled_back' then 'deployment.rolled_back'
  end;
begin
  if event is null then return null; end if;
  insert into domain_events (name, environment_id, subject_id, data)
  values (event, new.environment_id, new.id, jsonb_build_object(
    'imageId', new.container_image_id, 'imageName', new.image_name,
    'tag', new.image_tag, 'digest', new.image_digest,
    'status', new.status, 'error', new.error,
    'approvalsRequired', new.approvals_required,
    'pausedReason', new.paused_reason, 'pausedBy', new.paused_by,
    'triggerType', new.trigger_type, 'triggeredBy', new.triggered_by,
    'targets', coalesce((
      select jsonb_agg(jsonb_build_object('imageId', container_image_id, 'imageName', image_name,
        'tag', image_tag, 'digest', image_digest) order by position)
      from plan_targets where plan_id = new.id), '[]'),
    'services', coalesce((
      select jsonb_agg(jsonb_build_object('id', service_id, 'name', service_name,
        'serverName', server_name) order by position)
      from plan_services where plan_id = new.id), '[]')));
  return null;
end $$;

create or replace trigger event after update of status on deployment_plans for each row
  when (old.status is distinct from new.status) execute function record_plan_event();
