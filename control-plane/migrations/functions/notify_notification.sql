create or replace function notify_notification() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', json_build_object('kind', 'notification', 'id', new.id::text,
    'op', 'insert', 'environmentId', new.environment_id)::text);
  return null;
end $$;

create or replace trigger changed after insert on notifications
  for each row execute function notify_notification();
