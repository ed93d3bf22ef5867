-- Once for each statement: an inventory changes thousands of rows at once.
create or replace function review_changed_containers() returns trigger language plpgsql as $$
begin
  perform review_container_alerts(array(
    select v.id from after_rows c
    join before_rows b on b.server_id = c.server_id and b.container_id = c.container_id
    join services v on v.server_id = c.server_id and v.container_name = c.name
    where (b.report ->> 'health', b.report ->> 'state', b.report -> 'restartCount', b.name)
      is distinct from (c.report ->> 'health', c.report ->> 'state', c.report -> 'restartCount', c.name)));
  return null;
end $$;

create or replace trigger alert_update after update on containers
  referencing old table as before_rows new table as after_rows
  for each statement execute function review_changed_containers();
