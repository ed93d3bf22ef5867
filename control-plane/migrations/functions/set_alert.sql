-- Notes what is broken about a service or a server, and has it told: once until it is well, again only
-- when it gets worse, and then that it is well. An event that nobody was told of yet is taken back when
-- it no longer holds; so is a recovery that did not last.
create or replace function set_alert(
  service uuid, server uuid, environment uuid, broken text, recovered text) returns void
language plpgsql as $$
declare
  subject uuid := coalesce(service, server);
  worse constant text[] := array['container.unhealthy', 'container.crash_looping', 'container.missing'];
  told text;
  told_since timestamptz;
begin
  if broken = '' then
    delete from alerts where subject_id = subject returning event, since into told, told_since;
    if not found then return; end if;
    delete from domain_events where subject_id = subject and name = told;
    if not found then
      insert into domain_events (name, environment_id, subject_id, data)
      values (recovered, environment, subject, jsonb_build_object('was', told, 'since', told_since));
    end if;
    return;
  end if;
  insert into alerts (subject_id, service_id, server_id, event)
  values (subject, service, server, broken) on conflict do nothing;
  if found then
    delete from domain_events where subject_id = subject and name = recovered
      returning data ->> 'was', (data ->> 'since')::timestamptz into told, told_since;
    update alerts set since = coalesce(told_since, since) where subject_id = subject;
  else
    select event into told from alerts where subject_id = subject for update;
  end if;
  if told is not null and coalesce(array_position(worse, broken), 0) <= coalesce(array_position(worse, told), 0) then
    update alerts set event = told where subject_id = subject and event <> told;
    return;
  end if;
  update alerts set event = broken where subject_id = subject;
  delete from domain_events where subject_id = subject and name = told;
  insert into domain_events (name, environment_id, subject_id) values (broken, environment, subject);
end $$;
