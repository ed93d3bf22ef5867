-- Notes in row_counts that what the dependency graph of an environment shows has changed: the sum of the notes
-- is the graph's version. Writers do not wait for each other, and a change that commits later than a newer one counts, too.
create or replace function note_graph_change() returns trigger language plpgsql as $$
begin
  if tg_level = 'ROW' then
    insert into row_counts (table_name, environment_id, kind, about, change)
    values ('dependency_graphs', new.environment_id, '', '', 1);
  else
    insert into row_counts (table_name, environment_id, kind, about, change)
    select distinct 'dependency_graphs', environment_id, '', '', 1 from changed;
  end if;
  return null;
end $$;

create or replace trigger graph_insert after insert on services referencing new table as changed
  for each statement execute function note_graph_change();
create or replace trigger graph_delete after delete on services referencing old table as changed
  for each statement execute function note_graph_change();
create or replace trigger graph_update after update of name, server_id, environment_id on services for each row
  when ((old.name, old.server_id, old.environment_id) is distinct from (new.name, new.server_id, new.environment_id))
  execute function note_graph_change();
create or replace trigger graph_update after update of name on servers for each row
  when (old.name is distinct from new.name) execute function note_graph_change();
create or replace trigger graph_insert after insert on service_dependencies referencing new table as changed
  for each statement execute function note_graph_change();
create or replace trigger graph_delete after delete on service_dependencies referencing old table as changed
  for each statement execute function note_graph_change();
create or replace trigger graph_update after update on service_dependencies for each row
  when (old is distinct from new) execute function note_graph_change();
