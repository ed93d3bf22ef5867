-- Which master key everything that is secret is encrypted with. No row: what a version wrote that encrypted
-- no values of environment variables is still to be encrypted, at the next start.
create table encryption_state (
  only_one boolean primary key default true check (only_one),
  key_id text not null,
  since timestamptz not null default now()
);
