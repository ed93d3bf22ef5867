-- Puts an entry at the end of the chain when its transaction commits, so that one which is rolled back
-- leaves no hole and a transaction that takes long holds up no other. Security definer: the program's
-- role need not be able to write the chain.
create or replace function chain_audit_entry() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  place bigint;
  before bytea;
begin
  perform pg_advisory_xact_lock(418581342580);
  select position, hash into place, before from audit_chain order by position desc limit 1;
  if not found then
    select until_position, until_hash into place, before
    from audit_drops order by until_position desc limit 1;
  end if;
  place := coalesce(place, 0) + 1;
  before := coalesce(before, decode(repeat('00', 32), 'hex'));
  insert into audit_chain (position, entry_id, previous, hash)
  values (place, new.id, before, audit_hash(before, audit_content(place, new)));
  return null;
end $$;

drop trigger if exists chained on audit_logs;
create constraint trigger chained after insert on audit_logs
  deferrable initially deferred for each row execute function chain_audit_entry();

-- Entries from before there was a chain; the trigger's lock keeps new ones waiting meanwhile.
do $$
declare
  entry audit_logs;
  place bigint := 0;
  before bytea := decode(repeat('00', 32), 'hex');
  own bytea;
begin
  if exists (select from audit_chain) or exists (select from audit_drops) then return; end if;
  for entry in select * from audit_logs order by at, id loop
    place := place + 1;
    own := audit_hash(before, audit_content(place, entry));
    insert into audit_chain (position, entry_id, previous, hash)
    values (place, entry.id, before, own);
    before := own;
  end loop;
end $$;
