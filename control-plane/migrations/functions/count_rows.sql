-- Notes in row_counts how many rows a statement has added and removed. Its arguments are the expressions for
-- kind and about.
create or replace function count_rows() returns trigger language plpgsql as $$
declare
  place text := format('select %L, environment_id, %s, %s', tg_table_name, tg_argv[0], tg_argv[1]);
begin
  execute 'insert into row_counts (table_name, environment_id, kind, about, change) '
    || case tg_op
      when 'INSERT' then place || ', count(*) from added group by 2, 3, 4'
      when 'DELETE' then place || ', -count(*) from removed group by 2, 3, 4'
      else 'select table_name, environment_id, kind, about, sum(change) from ('
        || place || ', 1 from added union all ' || place || ', -1 from removed'
        || ') as each (table_name, environment_id, kind, about, change)'
        || ' group by 1, 2, 3, 4 having sum(change) <> 0'
      end;
  return null;
end $$;

create or replace trigger counted after insert on audit_logs referencing new table as added
  for each statement execute function count_rows('action', 'resource_type');
create or replace trigger counted_delete after delete on audit_logs referencing old table as removed
  for each statement execute function count_rows('action', 'resource_type');

create or replace trigger counted after insert on deployment_plans referencing new table as added
  for each statement execute function count_rows('status', '''''');
create or replace trigger counted_update after update on deployment_plans
  referencing old table as removed new table as added
  for each statement execute function count_rows('status', '''''');
create or replace trigger counted_delete after delete on deployment_plans referencing old table as removed
  for each statement execute function count_rows('status', '''''');

create or replace trigger counted after insert on services referencing new table as added
  for each statement execute function count_rows('''''', '''''');
create or replace trigger counted_delete after delete on services referencing old table as removed
  for each statement execute function count_rows('''''', '''''');

create or replace trigger counted after insert on container_images referencing new table as added
  for each statement execute function count_rows('''''', '''''');
create or replace trigger counted_delete after delete on container_images referencing old table as removed
  for each statement execute function count_rows('''''', '''''');

create or replace trigger counted after insert on webhook_deliveries referencing new table as added
  for each statement execute function count_rows('status', 'webhook_id::text');
create or replace trigger counted_update after update on webhook_deliveries
  referencing old table as removed new table as added
  for each statement execute function count_rows('status', 'webhook_id::text');
create or replace trigger counted_delete after delete on webhook_deliveries
  referencing old table as removed
  for each statement execute function count_rows('status', 'webhook_id::text');

-- Rows from before they were counted, or that were restored; the triggers' locks keep new ones waiting.
lock table row_counts in exclusive mode;
-- What is no count of rows stays: see note_graph_change.sql.
delete from row_counts where table_name <> 'dependency_graphs';
insert into row_counts (table_name, environment_id, kind, about, change)
select 'audit_logs', environment_id, action, resource_type, count(*) from audit_logs group by 2, 3, 4
union all
select 'deployment_plans', environment_id, status, '', count(*) from deployment_plans group by 2, 3
union all
select 'services', environment_id, '', '', count(*) from services group by 2
union all
select 'container_images', environment_id, '', '', count(*) from container_images group by 2
union all
select 'webhook_deliveries', environment_id, status, webhook_id::text, count(*) from webhook_deliveries
group by 2, 3, 4;
