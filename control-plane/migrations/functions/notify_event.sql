create or replace function notify_event() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', '{"kind": "event", "id": "", "environmentId": null}');
  return null;
end $$;

create or replace trigger changed after insert on domain_events
  for each statement execute function notify_event();
