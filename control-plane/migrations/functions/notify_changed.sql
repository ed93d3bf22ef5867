-- Notifications only wake; the reader rereads rows. Payloads are ids.
create or replace function notify_changed() returns trigger language plpgsql as $$
declare
  changed jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('changed', json_build_object(
    'kind', tg_argv[0],
    'id', changed ->> 'id',
    'op', lower(tg_op),
    'environmentId', case when tg_argv[0] = 'environment' then changed ->> 'id' else changed ->> 'environment_id' end
  )::text);
  return null;
end $$;

create or replace trigger changed after insert or update or delete on environments
  for each row execute function notify_changed('environment');
create or replace trigger changed after insert or delete on servers
  for each row execute function notify_changed('server');
-- Not asked at all where only a lease is repeated, which happens to every server every few seconds: the columns
-- are all others than those that are left out of the comparison.
create or replace trigger changed_update after update of id, environment_id, name, hostname, tags, status,
  agent_version, host, created_at, certificate_generation, agent_capabilities, revoked_at, agent_instances,
  two_agents_at, outdated_told_for, clock_offset_ms
  on servers for each row
  when ((to_jsonb(old) - '{last_seen_at,session_id,inventory_session_id,updated_at}'::text[]) is distinct from (to_jsonb(new) - '{last_seen_at,session_id,inventory_session_id,updated_at}'::text[]))
  execute function notify_changed('server');
create or replace trigger changed after insert or delete on services
  for each row execute function notify_changed('service');
create or replace trigger changed_update after update on services for each row
  when (old is distinct from new) execute function notify_changed('service');
create or replace trigger changed after insert or update or delete on container_images
  for each row execute function notify_changed('image');
create or replace trigger changed after insert or update or delete on registries
  for each row execute function notify_changed('registry');
create or replace trigger changed after insert or update or delete on deployment_plans
  for each row execute function notify_changed('plan');
create or replace trigger changed after insert or update on agent_upgrades
  for each row execute function notify_changed('server');
