-- The audit is only ever added to.
create or replace function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception '% of % is refused: audit entries are not changed', lower(tg_op), tg_table_name
    using errcode = 'insufficient_privilege',
      hint = 'Whole months are removed by audit_drop_before once they are old enough.';
end $$;

create or replace trigger unchanged before update or truncate on audit_logs
  for each statement execute function refuse_audit_change();
create or replace trigger unchanged before update or truncate on audit_chain
  for each statement execute function refuse_audit_change();
create or replace trigger unchanged before update or delete or truncate on audit_drops
  for each statement execute function refuse_audit_change();
