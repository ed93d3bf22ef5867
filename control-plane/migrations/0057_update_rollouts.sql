-- How carefully plans of auto-update go on, as deployment_plans.rollout has it; null: all in one go.
alter table container_images add column update_rollout jsonb;
