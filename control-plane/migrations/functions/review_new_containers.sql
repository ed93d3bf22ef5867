-- Once for each statement: an inventory adds thousands of rows at once.
create or replace function review_new_containers() returns trigger language plpgsql as $$
begin
  perform review_container_alerts(array(
    select v.id from after_rows c
    join services v on v.server_id = c.server_id and v.container_name = c.name
    where c.report ->> 'health' = 'unhealthy'
      or exists (select from alerts where alerts.subject_id = v.id)));
  return null;
end $$;

create or replace trigger alert after insert on containers referencing new table as after_rows
  for each statement execute function review_new_containers();
