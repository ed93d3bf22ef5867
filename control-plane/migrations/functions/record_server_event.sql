-- An outage that ends before its event was sent leaves no event.
create or replace function record_server_event() returns trigger language plpgsql as $$
begin
  if new.status = 'offline' and old.status = 'online' then
    insert into domain_events (name, environment_id, subject_id)
    values ('server.offline', new.environment_id, new.id) on conflict do nothing;
  elsif new.status = 'online' then
    delete from domain_events where subject_id = new.id and name = 'server.offline';
    if not found then
      insert into domain_events (name, environment_id, subject_id)
      values ('server.online', new.environment_id, new.id);
    end if;
  end if;
  return null;
end $$;

create or replace trigger event after update of status on servers for each row
  when (old.status is distinct from new.status) execute function record_server_event();
