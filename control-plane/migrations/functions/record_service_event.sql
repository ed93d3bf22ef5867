create or replace function record_service_event() returns trigger language plpgsql as $$
begin
  if service_drift(new) is not null then
    insert into domain_events (name, environment_id, subject_id)
    values ('service.drift', new.environment_id, new.id) on conflict do nothing;
  else
    delete from domain_events where subject_id = new.id and name = 'service.drift';
  end if;
  return null;
end $$;

create or replace trigger event after update of running_digest, running_image_id, deployed_digest_id
  on services for each row
  when (old.running_digest is distinct from new.running_digest
    or old.running_image_id is distinct from new.running_image_id
    or old.deployed_digest_id is distinct from new.deployed_digest_id)
  execute function record_service_event();
