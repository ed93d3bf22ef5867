-- A freeze of all environments is told of in each.
create or replace function record_freeze_event() returns trigger language plpgsql as $$
declare
  concerned freezes := case when tg_op = 'DELETE' then old else new end;
begin
  -- One that goes with its environment, or has ended by itself, is no news.
  if tg_op = 'DELETE' and old.until <= now() then return null; end if;
  insert into domain_events (name, environment_id, subject_id, data)
  select case when tg_op = 'DELETE' then 'environment.unfrozen' else 'environment.frozen' end,
    id, id, jsonb_build_object('until', concerned.until, 'reason', concerned.reason,
      'by', concerned.set_by, 'everywhere', concerned.environment_id is null)
  from environments where concerned.environment_id is null or id = concerned.environment_id;
  return null;
end $$;

create or replace trigger event after insert or update or delete on freezes
  for each row execute function record_freeze_event();
