-- Remembers when a container was restarted by its engine. Several restarts may come in one report.
create or replace function note_restarts() returns trigger language plpgsql as $$
declare
  more integer := least((new.report ->> 'restartCount')::bigint - (old.report ->> 'restartCount')::bigint, 3);
begin
  new.restarted_at := (array_fill(now(), array[more]) || old.restarted_at)[1:3];
  return new;
end $$;

create or replace trigger restarted before update of report on containers for each row
  when ((new.report ->> 'restartCount')::bigint > (old.report ->> 'restartCount')::bigint)
  execute function note_restarts();
