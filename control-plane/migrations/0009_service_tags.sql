-- The tag by which a plan deploys each of its services: of several names of one digest, a service goes
-- on following its own.
alter table plan_services add column image_tag text;
update plan_services set image_tag = deployment_plans.image_tag
from deployment_plans where deployment_plans.id = plan_services.plan_id;
