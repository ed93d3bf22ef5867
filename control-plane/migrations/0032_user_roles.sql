-- What a user may do, and where. The role that a user has had so far counts in all environments.
create table user_roles (
  user_id uuid not null references users (id) on delete cascade,
  -- null: every environment, and what belongs to none
  environment_id uuid references environments (id) on delete cascade,
  role text not null check (role in ('viewer', 'operator', 'admin'))
);
create unique index user_roles_in_environment on user_roles (user_id, environment_id)
  where environment_id is not null;
create unique index user_roles_everywhere on user_roles (user_id) where environment_id is null;
create index user_roles_environment on user_roles (environment_id);

insert into user_roles (user_id, environment_id, role) select id, null, role from users;
alter table users drop column role;
