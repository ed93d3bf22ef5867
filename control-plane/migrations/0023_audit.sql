-- Where a request came from that an entry tells of; null for what the product does by itself.
alter table audit_logs add column address text;

-- The order of the entries as they were committed, without a hole, each with the hash of the one before.
create table audit_chain (
  position bigint primary key,
  entry_id uuid not null unique,
  previous bytea not null,
  hash bytea not null
);

-- What retention has removed from the beginning of the chain: the next position follows on this hash.
create table audit_drops (
  until_position bigint primary key,
  until_hash bytea not null,
  at timestamptz not null default now()
);
