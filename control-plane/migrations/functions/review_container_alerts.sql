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
