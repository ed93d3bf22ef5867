-- What an agent said its containers were created with counts for that agent only: the next one to
-- enrol for the server may be on another host, and is not to run what the last one wrote down.
create or replace function forget_recorded_specs() returns trigger language plpgsql as $$
begin
  update services set recorded_spec = null, updated_at = now()
  where server_id = new.id and recorded_spec is not null;
  return null;
end $$;

create or replace trigger enrolled after update of certificate_generation on servers for each row
  when (old.certificate_generation is distinct from new.certificate_generation)
  execute function forget_recorded_specs();
