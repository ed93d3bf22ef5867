-- A service that is new, or that is found or missing from now on.
create or replace function review_service() returns trigger language plpgsql as $$
begin
  perform review_container_alerts(array[new.id]);
  return null;
end $$;

create or replace trigger alert after insert on services
  for each row execute function review_service();

create or replace trigger alert_update after update of discovery_status on services for each row
  when (old.discovery_status <> new.discovery_status) execute function review_service();
