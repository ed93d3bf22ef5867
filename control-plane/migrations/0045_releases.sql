-- A plan moves one or several targets: services of one image, to one of its digests. The columns
-- of the same names in deployment_plans are those of the first target.
create table plan_targets (
  plan_id uuid not null references deployment_plans on delete cascade,
  position integer not null,
  -- null once the image is deleted; its name is kept
  container_image_id uuid references container_images on delete set null,
  image_name text not null,
  image_tag text,
  image_digest text not null,
  image_digest_id uuid references image_digests on delete set null,
  -- what was found of the digest's signatures; null: no rule asked for any
  signature jsonb,
  primary key (plan_id, position)
);
create index plan_targets_image on plan_targets (container_image_id, plan_id);
create index plan_targets_digest on plan_targets (image_digest_id);

insert into plan_targets (plan_id, position, container_image_id, image_name, image_tag,
  image_digest, image_digest_id, signature)
select id, 0, container_image_id, image_name, image_tag, image_digest, image_digest_id, signature
from deployment_plans;

-- Which of the plan's targets a service belongs to.
alter table plan_services add column target_position integer not null default 0;
-- Services that are not in the plan and that this one needs, with how: an array of
-- {serviceId, serviceName, serverName, type}.
alter table plan_services add column outside jsonb not null default '[]';

-- Which target a pull is for; null for steps of a service.
alter table plan_steps add column target_position integer;
update plan_steps set target_position = 0 where action = 'pull';
