create or replace function record_image_event() returns trigger language plpgsql as $$
begin
  if new.update_digest_id is distinct from old.update_digest_id then
    insert into domain_events (name, environment_id, subject_id, data)
    values ('image.update_available', new.environment_id, new.id,
      jsonb_build_object('digestId', new.update_digest_id));
  else
    insert into domain_events (name, environment_id, subject_id)
    values ('image.update_policy_changed', new.environment_id, new.id);
  end if;
  return null;
end $$;

create or replace trigger event after update on container_images for each row
  when (new.update_digest_id is not null and (
    new.update_digest_id is distinct from old.update_digest_id
    or (new.auto_update, new.update_minimum_age_minutes, new.update_windows, new.update_time_zone)
      is distinct from
      (old.auto_update, old.update_minimum_age_minutes, old.update_windows, old.update_time_zone)))
  execute function record_image_event();
