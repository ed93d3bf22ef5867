-- What was reported of the service's container when the plan was made or started: proto's Observation.
alter table plan_services add column observed jsonb;
-- What there is to say of a step that is no error, such as why its container was not run.
alter table plan_steps add column note text;
