-- An image that gets a registry is checked at once, however it got it: found or created with one, linked
-- by hand, or taken in by the registry's auto-link pattern.
create function record_linked_image() returns trigger language plpgsql as $$
begin
  insert into domain_events (name, environment_id, subject_id)
  values ('image.linked', new.environment_id, new.id);
  return null;
end $$;
create trigger linked_when_new after insert on container_images for each row
  when (new.registry_id is not null) execute function record_linked_image();
create trigger linked after update of registry_id on container_images for each row
  when (new.registry_id is not null and new.registry_id is distinct from old.registry_id)
  execute function record_linked_image();
