-- A plan may wait for people's approval before it begins, and be paused after that.
alter table deployment_plans
  drop constraint deployment_plans_status_check,
  add constraint deployment_plans_status_check check (status in
    ('pending', 'waiting_for_approval', 'running', 'paused', 'completed', 'failed', 'rolled_back',
      'cancelled'));

drop index deployment_plans_active;
create index deployment_plans_active on deployment_plans (id) where status in ('running', 'paused');
