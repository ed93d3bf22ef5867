-- A user whom an identity provider lets in has no password.
alter table users alter column password_hash drop not null;

-- Whom an identity provider knows as which user. Its subject never changes; an e-mail address may.
create table user_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null unique references users (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (issuer, subject)
);

-- Logins that came back from the provider: none of them is taken twice.
create table oidc_returns (
  state_hash bytea primary key,
  expires_at timestamptz not null
);
