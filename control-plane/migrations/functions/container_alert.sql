-- What is broken about a service's container: an event's name, '' where nothing is, null where that
-- cannot be told yet, so that what was told stays. A crash loop is three restarts within ten minutes,
-- and over after ten minutes without one.
create or replace function container_alert(service services, told text) returns text
language sql stable as $$
  select case
    when service.discovery_status = 'missing'
      then case when service.ever_found then 'container.missing' end
    else (
      select case
        when restarted_at[3] > now() - interval '10 minutes'
          or (told = 'container.crash_looping' and restarted_at[1] > now() - interval '10 minutes')
          then 'container.crash_looping'
        when report ->> 'state' <> 'running' or report ->> 'health' = 'starting' then null
        when report ->> 'health' = 'unhealthy' then 'container.unhealthy'
        else ''
      end
      from containers
      where server_id = service.server_id and name = service.container_name
      order by report ->> 'state' = 'running' desc, first_seen_at desc limit 1)
  end
$$;
