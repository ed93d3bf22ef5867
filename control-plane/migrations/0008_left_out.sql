alter table deployment_plans
  -- [{"serviceId": …, "name": …, "serverName": …, "reason": …}]: services of the image that the plan
  -- does not touch, as it was when the plan was made
  add column left_out jsonb not null default '[]',
  -- whether its failure says something of the digest, which then is in quarantine
  add column blames_digest boolean not null default false;
