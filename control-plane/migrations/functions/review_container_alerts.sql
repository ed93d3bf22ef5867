-- Notes what has become broken or well about the containers of these services.
create or replace function review_container_alerts(ids uuid[]) returns void language plpgsql as $$
declare
  changed record;
begin
  for changed in
    select v.id, v.environment_id, state.event
    from services v left join alerts on alerts.subject_id = v.id
      cross join lateral (select container_alert(v, alerts.event) as event) state
    where v.id = any(ids) and state.event is not null
      and state.event is distinct from coalesce(alerts.event, '')
    order by v.id
  loop
    perform set_alert(changed.id, null, changed.environment_id, changed.event, 'container.recovered');
  end loop;
end $$;

-- Once for each statement: an inventory changes thousands of rows at once.
create or replace function review_new_containers() returns trigger language plpgsql as $$
begin
  perform review_container_alerts(array(
    select v.id from after_rows c
    join services v on v.server_id = c.server_id and v.container_name = c.name
    where c.report ->> 'health' = 'unhealthy'
      or exists (select from alerts where alerts.subject_id = v.id)));
  return null;
end $$;

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

create or replace function review_service() returns trigger language plpgsql as $$
begin
  perform review_container_alerts(array[new.id]);
  return null;
end $$;

create or replace trigger alert after insert on containers referencing new table as after_rows
  for each statement execute function review_new_containers();
create or replace trigger alert_update after update on containers
  referencing old table as before_rows new table as after_rows
  for each statement execute function review_changed_containers();
create or replace trigger alert after insert on services
  for each row execute function review_service();
create or replace trigger alert_update after update of discovery_status on services for each row
  when (old.discovery_status <> new.discovery_status) execute function review_service();
