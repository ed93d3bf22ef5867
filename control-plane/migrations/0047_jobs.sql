-- What runs once, from the new image, before a plan replaces the first service of an image: a migration of
-- its database, say.
create table image_jobs (
  container_image_id uuid primary key references container_images on delete cascade,
  -- The service whose container's settings it has. null: that one was deleted, and no plan of the image is
  -- made until another one is named, or the job is removed.
  service_id uuid references services on delete set null,
  command text[] not null check (cardinality(command) between 1 and 100),
  timeout_ms integer not null check (timeout_ms between 1000 and 86400000),
  updated_at timestamptz not null default now()
);
create index on image_jobs (service_id);

alter table plan_steps
  drop constraint plan_steps_action_check,
  add constraint plan_steps_action_check
    check (action in ('pull', 'job', 'hook', 'deploy', 'soak', 'health_check', 'rollback'));
