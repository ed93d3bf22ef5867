-- A plan may go on in batches, watch each of them for a while, and be paused between them.
alter table deployment_plans
  -- As it was asked for, with its defaults; null: everything is one batch.
  add column rollout jsonb,
  -- Since when it is paused, why, and by whom; who is null where the plan paused by itself.
  add column paused_at timestamptz,
  add column paused_reason text,
  add column paused_by text,
  -- It was paused, and a person wants everything back that it touched.
  add column rollback_requested_at timestamptz;

-- Counted from 1.
alter table plan_services add column batch integer not null default 1 check (batch >= 1);
alter table plan_steps
  -- null: before every batch, or going back
  add column batch integer check (batch >= 1),
  -- Of a soak: each container as it was when its time began.
  add column soak_start jsonb;

-- The stream of which a complete inventory is in: what is known of the server's containers is of now.
alter table servers add column inventory_session_id uuid;
