-- Wakes whichever gateway holds the agent's stream.
create or replace function notify_agent_upgrade() returns trigger language plpgsql as $$
begin
  perform pg_notify('agent_upgrade', new.id::text);
  return null;
end $$;

create or replace trigger running after insert or update on agent_upgrades for each row
  when (new.status = 'running') execute function notify_agent_upgrade();
