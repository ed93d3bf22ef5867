-- Which signatures an image needs before it may be deployed: said of the image, of its registry, or of
-- its environment. The nearest one counts.
create table signature_rules (
  id uuid primary key,
  environment_id uuid unique references environments on delete cascade,
  registry_id uuid unique references registries on delete cascade,
  container_image_id uuid unique references container_images on delete cascade,
  mode text not null check (mode in ('none', 'warn', 'require')),
  -- [{"name": …, "publicKey": PEM}]
  keys jsonb not null default '[]',
  updated_at timestamptz not null default now(),
  check (num_nonnulls(environment_id, registry_id, container_image_id) = 1)
);

-- What was found of the digest's signatures when the plan was made or started; null: no rule asked.
alter table deployment_plans add column signature jsonb;
