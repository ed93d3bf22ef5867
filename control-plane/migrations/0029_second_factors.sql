-- A user's second factor (RFC 6238): counted at login once a code of it was confirmed.
create table second_factors (
  user_id uuid primary key references users (id) on delete cascade,
  -- encrypted with the master key
  secret bytea not null,
  created_at timestamptz not null default now(),
  confirmed_at timestamptz,
  -- The 30 s step of the last code that was taken: neither that one nor an earlier one is taken again.
  last_step bigint not null default 0
);

-- What is left of the codes for a user who has lost the second factor; one that was used is deleted.
create table recovery_codes (
  user_id uuid not null references second_factors (user_id) on delete cascade,
  code_hash bytea not null,
  primary key (user_id, code_hash)
);
