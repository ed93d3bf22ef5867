-- Which agents get a registry's password. A connection from before goes on as it was, for all of them:
-- agents of earlier versions know nothing else.
alter table registries
  add column password_to_agents text not null default 'always'
    check (password_to_agents in ('never', 'without_tokens', 'always')),
  -- the token service that was seen when the connection was first used; null: none yet
  add column token_realm text;
alter table registries alter column password_to_agents set default 'without_tokens';
