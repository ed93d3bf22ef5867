-- Once for each statement: an inventory changes thousands of rows at once.
create or replace function notify_container_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', json_build_object(
    'kind', 'container', 'id', changed.name, 'serverId', changed.server_id,
    'environmentId', servers.environment_id)::text)
  from (select distinct server_id, name from changed_rows) changed
  join servers on servers.id = changed.server_id;
  return null;
end $$;

create or replace trigger changed after insert on containers
  referencing new table as changed_rows
  for each statement execute function notify_container_changed();
create or replace trigger changed_update after update on containers
  referencing new table as changed_rows
  for each statement execute function notify_container_changed();
create or replace trigger changed_delete after delete on containers
  referencing old table as changed_rows
  for each statement execute function notify_container_changed();
