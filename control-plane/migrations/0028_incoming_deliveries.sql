-- Webhooks that were taken: a second delivery with the same id starts nothing.
create table incoming_deliveries (
  -- the variable of the secret that the sender has shown
  secret_name text not null,
  id_hash bytea not null,
  -- of what makes two deliveries the same
  request_hash bytea not null,
  -- what the first one was answered with
  outcome jsonb not null,
  taken_at timestamptz not null default now(),
  primary key (secret_name, id_hash)
);
create index incoming_deliveries_taken_at on incoming_deliveries (taken_at);
