create or replace function notify_command() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform pg_notify('command_queued', new.server_id::text);
  elsif new.status = 'done' and old.status <> 'done' then
    perform pg_notify('command_done', json_build_object('id', new.id, 'planId', new.plan_id)::text);
  end if;
  return null;
end $$;

create or replace trigger queued after insert on commands for each row execute function notify_command();
create or replace trigger done after update on commands for each row execute function notify_command();
