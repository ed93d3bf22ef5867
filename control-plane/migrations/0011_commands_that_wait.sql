-- What the agent's last Hello said that it can do, such as `after`: hold a command back until others have succeeded.
alter table servers add column agent_capabilities text[] not null default '{}';
-- Commands to the same agent that have to succeed before this one changes anything that runs.
alter table commands add column after uuid[] not null default '{}';
