-- One that fails again while it is in quarantine is no news.
create or replace function record_quarantine_event() returns trigger language plpgsql as $$
begin
  insert into domain_events (name, environment_id, subject_id, data)
  select 'digest.quarantined', environment_id, id, jsonb_build_object(
    'digestId', new.digest_id, 'planId', new.plan_id, 'reason', new.reason)
  from container_images where id = new.container_image_id;
  return null;
end $$;

create or replace trigger event after insert on quarantined_digests
  for each row execute function record_quarantine_event();
