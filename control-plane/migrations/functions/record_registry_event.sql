create or replace function record_registry_event() returns trigger language plpgsql as $$
begin
  insert into domain_events (name, environment_id, subject_id, data)
  values (
    case when new.last_error is null then 'registry.recovered' else 'registry.failing' end,
    new.environment_id, new.id, jsonb_build_object('error', coalesce(new.last_error, old.last_error)));
  return null;
end $$;

create or replace trigger event after update of last_error on registries for each row
  when ((old.last_error is null) <> (new.last_error is null)) execute function record_registry_event();
