-- Retention: removes the entries of whole months from the beginning of the chain, at most so many at a
-- time, and leaves an entry of that. Security definer: the program's role need not be able to delete.
create or replace function audit_drop_before(month timestamptz, most integer) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  place bigint;
  own bytea;
  removed bigint;
begin
  month := date_trunc('month', month, 'UTC');
  if month > audit_kept_from() then
    raise exception 'audit entries from % on are kept', audit_kept_from()
      using errcode = 'insufficient_privilege';
  end if;
  perform pg_advisory_xact_lock(418581342580);
  -- One whose entry is missing stays, so that it is not forgotten that it was there.
  select position, hash into place, own from (
    select beginning.*, bool_and(coalesce(at < month, false)) over (order by position) as over
    from (
      select position, hash, at from audit_chain left join audit_logs on id = entry_id
      order by position limit most) as beginning) as chain
  where over order by position desc limit 1;
  if not found then return 0; end if;
  insert into audit_drops (until_position, until_hash) values (place, own);
  delete from audit_logs where id in (select entry_id from audit_chain where position <= place);
  get diagnostics removed = row_count;
  delete from audit_chain where position <= place;
  insert into audit_logs (id, actor_type, actor_name, action, resource_type, details)
  values (gen_random_uuid(), 'system', 'system', 'drop_audit_entries', 'audit_log',
    jsonb_build_object('entries', removed, 'before', to_char(month at time zone 'UTC', 'YYYY-MM-DD'),
      'untilPosition', place, 'untilHash', encode(own, 'hex')));
  return removed;
end $$;
