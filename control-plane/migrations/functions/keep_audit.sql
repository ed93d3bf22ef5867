-- Entries go when they are old enough, and from the beginning of the chain only; their place in it
-- goes with them.
create or replace function keep_audit() returns trigger language plpgsql as $$
declare
  remaining bigint;
begin
  if not exists (select from gone) then return null; end if;
  select position into remaining from audit_chain
  where exists (select from audit_logs where id = entry_id) order by position limit 1;
  if tg_table_name = 'audit_logs' then
    if exists (
      select from gone left join audit_chain on entry_id = id
      where at >= audit_kept_from() or position is null or position > remaining)
    then
      raise exception 'delete of audit_logs is refused: entries are kept from % on', audit_kept_from()
        using errcode = 'insufficient_privilege',
          hint = 'Whole months are removed by audit_drop_before once they are old enough.';
    end if;
  elsif exists (
    select from gone where position > remaining
      or position > coalesce((select max(until_position) from audit_drops), 0)
      or exists (select from audit_logs where id = entry_id))
  then
    raise exception 'delete of audit_chain is refused: entries are kept'
      using errcode = 'insufficient_privilege';
  end if;
  return null;
end $$;

create or replace trigger kept after delete on audit_logs referencing old table as gone
  for each statement execute function keep_audit();
create or replace trigger kept after delete on audit_chain referencing old table as gone
  for each statement execute function keep_audit();
