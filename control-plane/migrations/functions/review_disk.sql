-- Little room for images: what the doctor warns of, 2 GiB, too. It has to be half as much again before
-- that counts as over. 0: the agent cannot see it.
create or replace function review_disk() returns trigger language plpgsql as $$
declare
  free numeric := (new.host ->> 'diskFreeBytes')::numeric;
begin
  if free > 0 and free < 2147483648 then
    perform set_alert(null, new.id, new.environment_id, 'server.disk_low', 'server.disk_recovered');
  elsif free >= 3221225472 then
    perform set_alert(null, new.id, new.environment_id, '', 'server.disk_recovered');
  end if;
  return null;
end $$;

create or replace trigger disk_alert after update of host on servers for each row
  when ((old.host -> 'diskFreeBytes') is distinct from (new.host -> 'diskFreeBytes'))
  execute function review_disk();
