-- A connection that is open by a session or API token ends with it.
create or replace function notify_access() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', json_build_object(
    'kind', 'access', 'id', old.user_id, 'op', 'delete', 'environmentId', null)::text);
  return null;
end $$;

create or replace trigger changed after delete on sessions for each row execute function notify_access();
create or replace trigger changed after delete on api_tokens for each row execute function notify_access();
