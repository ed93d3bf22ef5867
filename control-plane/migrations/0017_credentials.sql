-- An answer is repeated to the session or API token that it was given to, and to no other one of the
-- same user. What was kept so far is forgotten: nothing tells by which of them it was asked for.
delete from idempotency_keys;
alter table idempotency_keys rename column actor_id to credential_id;

-- The console's cookie has a value of its own, which is no bearer token.
alter table sessions add column cookie_hash bytea unique;

-- Where a user has logged in from before: guesses made elsewhere do not lock the user out there.
create table login_sources (
  user_id uuid not null references users (id) on delete cascade,
  source text not null,
  seen_at timestamptz not null default now(),
  primary key (user_id, source)
);
