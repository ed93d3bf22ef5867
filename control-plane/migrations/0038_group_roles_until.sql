-- Until when the roles count that groups of the identity provider gave to this user, who may log in with a
-- password as well; null: they were set here.
alter table user_identities add column roles_until timestamptz;

-- A login by the provider sets the roles, and an administrator may have set others since.
with entries as (
  select resource_id,
    max(at) filter (where action = 'login' and details ->> 'method' = 'oidc') as by_provider,
    max(at) filter (where action = 'update_user' and details ? 'roles') as set_last
  from audit_logs
  where action in ('login', 'update_user')
  group by resource_id)
update user_identities set roles_until = now() + interval '30 days'
from entries
where resource_id = user_id::text and by_provider >= coalesce(set_last, '-infinity');
