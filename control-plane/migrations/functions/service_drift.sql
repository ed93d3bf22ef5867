-- What a service certainly runs instead of what was deployed: a manifest digest, or the engine's id
-- of an image that is none of those that the deployed digest stands for. null: what was deployed,
-- or it is not known.
create or replace function service_drift(service services) returns text language sql stable as $$
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
