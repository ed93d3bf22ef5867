-- The engine's own id of the image that a service's container runs: what there is to compare where
-- an image was never pulled, such as one that was built on the server.
alter table services add column running_image_id text;

-- What a service certainly runs instead of what was deployed: a manifest digest, or the engine's id
-- of an image that is none of those that the deployed digest stands for. null: what was deployed,
-- or nobody knows.
create function service_drift(service services) returns text language sql stable as $$
  select case
    when service.running_digest is not null
      then nullif(service.running_digest, deployed.manifest_digest)
    when deployed.config_digest is not null and not exists (
      select from jsonb_to_recordset(deployed.platforms) as platform ("configDigest" text)
      where platform."configDigest" is null
    ) then service.running_image_id
  end
  from image_digests deployed where deployed.id = service.deployed_digest_id
$$;

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
drop trigger event on services;
create trigger event after update of running_digest, running_image_id, deployed_digest_id
  on services for each row
  when (old.running_digest is distinct from new.running_digest
    or old.running_image_id is distinct from new.running_image_id
    or old.deployed_digest_id is distinct from new.deployed_digest_id)
  execute function record_service_event();
