-- The hash of an entry: SHA-256 of the hash before it and of its content.
create or replace function audit_hash(previous bytea, content text) returns bytea
language sql immutable as $$
  select sha256(previous || convert_to(content, 'UTF8'))
$$;
