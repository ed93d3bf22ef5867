create or replace function notify_container_changed() returns trigger language plpgsql as $$
declare
  changed containers := case when tg_op = 'DELETE' then old else new end;
begin
  perform pg_notify('changed', json_build_object(
    'kind', 'container', 'id', changed.name, 'serverId', changed.server_id,
    'environmentId', (select environment_id from servers where id = changed.server_id))::text);
  return null;
end $$;

create or replace trigger changed after insert or update or delete on containers
  for each row execute function notify_container_changed();
