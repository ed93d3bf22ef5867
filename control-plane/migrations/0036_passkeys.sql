-- What an authenticator knows a user by: random, so that it tells nothing of the user.
alter table users add column passkey_handle uuid not null unique default gen_random_uuid();

-- A user's passkeys (WebAuthn): public keys only, the private ones stay in the authenticators.
create table passkeys (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  credential_id bytea not null unique,
  -- as a COSE key
  public_key bytea not null,
  -- The authenticator's counter of signatures at the last login; 0 where it does not count.
  sign_count bigint not null,
  name text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_user on passkeys (user_id);

-- Challenges that came back: none of them is taken twice.
create table passkey_challenges (
  challenge_hash bytea primary key,
  expires_at timestamptz not null
);
