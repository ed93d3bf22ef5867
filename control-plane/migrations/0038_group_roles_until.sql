-- Until when the roles count that groups of the identity provider gave to this user, who may log in with a
-- password as well; null: they were set here.
alter table user_identities add column roles_until timestamptz;

update user_identities set roles_until = now() + interval '30 days'
where exists (
  select from audit_logs
  where action = 'login' and resource_id = user_id::text and details ->> 'method' = 'oidc');
