-- A connection that is open by a session or API token ends with it, and with the roles that it was opened with.
create or replace function notify_access() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', json_build_object(
    'kind', 'access', 'id', case when tg_op = 'INSERT' then new.user_id else old.user_id end,
    'op', 'delete', 'environmentId', null)::text);
  return null;
end $$;

create or replace trigger changed after delete on sessions for each row execute function notify_access();
create or replace trigger changed after delete on api_tokens for each row execute function notify_access();
create or replace trigger changed after insert or update or delete on user_roles
for each row execute function notify_access();
