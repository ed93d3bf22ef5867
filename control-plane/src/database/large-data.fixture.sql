-- Rows of a large installation in one environment, by few statements. large-data.fixture.ts says how many of
-- each, and that triggers and foreign keys are off meanwhile. Ids rise with their number, as real ones do.

create function pg_temp.id_of(kind text, number bigint) returns uuid stable language sql as $$
  select (lpad(to_hex(1700000000000 + number * 1000), 12, '0') || '7' || substr(md5(kind || number), 1, 3)
    || '8' || substr(md5(kind || number), 4, 15))::uuid
$$;

create function pg_temp.digest_of(kind text, number bigint) returns text stable language sql as $$
  select 'sha256:' || encode(sha256(convert_to(kind || number, 'UTF8')), 'hex')
$$;

create function pg_temp.word_of(number bigint) returns text stable language sql as $$
  select (array['api', 'billing', 'cache', 'checkout', 'gateway', 'ingest', 'mailer', 'orders', 'payments',
    'queue', 'reports', 'search', 'session', 'stock', 'users', 'worker'])[1 + number % 16]
$$;

create temporary table size as select
  current_setting('data.services')::bigint as services, current_setting('data.images')::bigint as images,
  current_setting('data.digests')::bigint as digests, current_setting('data.plans')::bigint as plans,
  current_setting('data.audit')::bigint as audit,
  greatest(1, current_setting('data.services')::bigint / 100) as servers,
  current_setting('data.digests')::bigint / current_setting('data.images')::bigint as each,
  current_setting('data.environment')::uuid as environment;

insert into servers (id, environment_id, name, hostname, status, agent_version, host, last_seen_at)
select pg_temp.id_of('server', n), environment, 'host-' || n, 'host-' || n || '.example', 'online', '0.1.0',
  '{"os": "linux", "architecture": "amd64"}', now() + interval '1 day'
from size, generate_series(1, servers) n;

insert into registries (id, environment_id, name, type, registry_url)
select pg_temp.id_of('registry', 1), environment, 'large', 'generic', 'https://registry.example' from size;

insert into container_images (id, environment_id, name, image_name, normalized_name, tag_filter, registry_id,
  deployed_digest_id, newest_digest_id, update_digest_id, update_available, update_reason, update_tag,
  update_kind, update_because, last_checked_at, update_rules)
select pg_temp.id_of('image', n), environment, pg_temp.word_of(n) || '-' || n,
  'registry.example/team-' || n % 40 || '/' || pg_temp.word_of(n) || '-' || n,
  'registry.example/team-' || n % 40 || '/' || pg_temp.word_of(n) || '-' || n, '*',
  pg_temp.id_of('registry', 1), pg_temp.id_of('digest', n * each - n % 2), pg_temp.id_of('digest', n * each),
  case when n % 2 = 1 then pg_temp.id_of('digest', n * each) end, n % 2 = 1,
  case when n % 2 = 1 then 'newer_digest' else 'up_to_date' end,
  case when n % 2 = 1 then 'v1.0.' || each end, case when n % 2 = 1 then 'patch' end,
  case when n % 2 = 1 then 'v1.0.' || each || ' is higher than v1.0.' || each - 1 end, now(), 1
from size, generate_series(1, images) n;

-- Digest number i * each is the newest of image i. Of each image the newest fifty have a tag.
insert into image_digests (id, container_image_id, manifest_digest, config_digest, media_type, platforms,
  tags, size, pushed_at, discovered_at, image)
select pg_temp.id_of('digest', n), pg_temp.id_of('image', 1 + (n - 1) / each),
  pg_temp.digest_of('manifest', n), pg_temp.digest_of('config', n),
  'application/vnd.oci.image.index.v1+json',
  jsonb_build_array(
    jsonb_build_object('platform', 'linux/amd64', 'manifestDigest', pg_temp.digest_of('amd64', n),
      'configDigest', pg_temp.digest_of('config', n), 'size', 50000000 + n),
    jsonb_build_object('platform', 'linux/arm64', 'manifestDigest', pg_temp.digest_of('arm64', n),
      'configDigest', pg_temp.digest_of('config arm64', n), 'size', 48000000 + n)),
  case when (n - 1) % each >= each - 50 then array['v1.0.' || 1 + (n - 1) % each] else '{}' end,
  50000000 + n, to_timestamp(1700000000 + n), to_timestamp(1700000000 + n),
  jsonb_build_object('source', 'https://git.example/team/app', 'revision', md5(n::text), 'version', 'v1.0.' || n,
    'created', '2026-01-01T00:00:00.000Z', 'url', null, 'documentation', null, 'licenses', 'Apache-2.0')
from size, generate_series(1, images * each) n;

insert into tag_sightings (digest_id, tag, since)
select id, tags[1], discovered_at from image_digests where cardinality(tags) > 0;

insert into digest_contents (digest_id, platform, settings, layers, size)
select pg_temp.id_of('digest', n * each - back), 'linux/amd64',
  '{"env": [], "entrypoint": null, "cmd": ["/app"], "user": null, "workdir": "/", "exposedPorts": [],
    "volumes": [], "healthcheck": null, "stopSignal": null, "labels": {}}',
  jsonb_build_array(jsonb_build_object('digest', pg_temp.digest_of('layer', n), 'size', 1000000)), 50000000
from size, generate_series(1, images) n, generate_series(0, 1) back;

insert into services (id, environment_id, server_id, name, container_name, container_image_id, image_tag,
  deployed_digest_id, running_digest, running_image_id, discovery_status, ever_found, spec, last_deployed_at)
select pg_temp.id_of('service', n), environment, pg_temp.id_of('server', 1 + (n - 1) / 100),
  pg_temp.word_of(n) || '-' || n, pg_temp.word_of(n) || '-' || n, pg_temp.id_of('image', 1 + n % images),
  'v1.0.' || each - (1 + n % images) % 2,
  pg_temp.id_of('digest', (1 + n % images) * each - (1 + n % images) % 2),
  pg_temp.digest_of('manifest', (1 + n % images) * each - (1 + n % images) % 2),
  pg_temp.digest_of('config', (1 + n % images) * each - (1 + n % images) % 2), 'found', true,
  '{"Labels": {"team": "large"}, "HostConfig": {"RestartPolicy": {"Name": "always"}}}', now()
from size, generate_series(1, services) n;

insert into containers (server_id, container_id, name, image_id, report)
select server_id, encode(sha256(convert_to(id::text, 'UTF8')), 'hex'), container_name, running_image_id,
  jsonb_build_object('id', encode(sha256(convert_to(id::text, 'UTF8')), 'hex'), 'name', container_name,
    'imageName', 'registry.example/app', 'imageId', running_image_id,
    'repoDigests', jsonb_build_array('registry.example/app@' || running_digest), 'state', 'running',
    'health', 'healthy', 'exitCode', 0, 'restartCount', 0, 'createdAt', 1800000000000,
    'startedAt', 1800000000000, 'finishedAt', null,
    'labels', jsonb_build_object('com.docker.compose.project', 'project-' || right(name, 2),
      'com.docker.compose.service', name, 'com.docker.compose.config-hash', md5(name)),
    'ports', jsonb_build_array(
      jsonb_build_object('containerPort', 80, 'hostPort', 8080, 'hostIp', '127.0.0.1', 'protocol', 'tcp')),
    'self', false, 'autoRemove', false, 'imagePlatform', 'linux/amd64', 'stopLimitMs', 10000,
    'checkLimitMs', 0, 'needs', jsonb_build_array())
from services;

insert into service_updates (service_id, container_image_id, deployed_digest_id, image_tag, found, reason,
  digest_id, tag, kind, because)
select s.id, i.id, s.deployed_digest_id, s.image_tag, true, i.update_reason, i.update_digest_id, i.update_tag,
  i.update_kind, i.update_because
from services s join container_images i on i.id = s.container_image_id;

-- Chains of ten.
insert into service_dependencies (id, environment_id, service_id, depends_on_id, type)
select pg_temp.id_of('dependency', n), environment, pg_temp.id_of('service', n),
  pg_temp.id_of('service', n - 1), 'health_before'
from size, generate_series(2, services) n where n % 10 <> 1;

-- A plan a minute, of two services of an image each; one of a hundred has failed.
insert into deployment_plans (id, environment_id, container_image_id, image_name, image_tag, image_digest,
  image_digest_id, status, trigger_type, triggered_by, auto_rollback, parallel_execution, error, created_at,
  started_at, completed_at)
select pg_temp.id_of('plan', n), environment, pg_temp.id_of('image', 1 + n % images),
  'registry.example/app', 'v1.0.' || each, pg_temp.digest_of('manifest', (1 + n % images) * each),
  pg_temp.id_of('digest', (1 + n % images) * each), case when n % 100 = 0 then 'failed' else 'completed' end,
  'manual', 'somebody@example.com', true, false, case when n % 100 = 0 then 'It was not healthy' end,
  at, at, at + interval '20 seconds'
from size, generate_series(1, plans) n, lateral (select now() - (plans - n) * interval '1 minute') as a (at);

insert into plan_targets (plan_id, position, container_image_id, image_name, image_tag, image_digest,
  image_digest_id)
select id, 0, container_image_id, image_name, image_tag, image_digest, image_digest_id from deployment_plans;

insert into plan_services (plan_id, position, service_id, service_name, server_id, server_name, container_name,
  level, previous_digest_id, previous_digest, previous_image_tag, rollback_body)
select pg_temp.id_of('plan', n), at, s.id, s.name, s.server_id, 'host', s.container_name, at,
  s.deployed_digest_id, s.running_digest, s.image_tag,
  jsonb_build_object('kind', 'rollback', 'serviceId', s.id, 'containerName', s.container_name, 'spec', null)
from size, generate_series(1, plans) n, generate_series(0, 1) at
join lateral (select pg_temp.id_of('service', 1 + (n + at * images - 1) % services) as id) as its on true
join services s on s.id = its.id;

-- Of each service a pull, a deploy and a health check.
insert into plan_steps (id, plan_id, position, level, action, status, service_position, target_position,
  server_id, server_name, target_digest, previous_digest, timeout_ms, started_at, completed_at, command_id, body)
select pg_temp.id_of('step', (n - 1) * 6 + at * 3 + step), p.id, step * 2 + at, step,
  (array['pull', 'deploy', 'health_check'])[1 + step], 'success', at, 0, v.server_id, v.server_name,
  p.image_digest, v.previous_digest, 600000, p.started_at, p.completed_at,
  pg_temp.id_of('command', (n - 1) * 6 + at * 3 + step),
  jsonb_build_object('kind', (array['pull', 'run', 'gate'])[1 + step], 'serviceId', v.service_id,
    'reference', p.image_name || '@' || p.image_digest, 'containers', jsonb_build_array())
from size, generate_series(1, plans) n
cross join generate_series(0, 1) at
join deployment_plans p on p.id = pg_temp.id_of('plan', n)
join plan_services v on v.plan_id = p.id and v.position = at
cross join generate_series(0, 2) step;

insert into commands (id, server_id, plan_id, step_id, kind, body, status, outcome, progress, created_at,
  sent_at, done_at)
select command_id, server_id, plan_id, id, body ->> 'kind', body, 'done',
  jsonb_build_object('ok', true, 'startedAt', 1800000000000, 'finishedAt', 1800000001000,
    'body', jsonb_build_object('kind', body ->> 'kind', 'imageId', target_digest, 'changes', jsonb_build_array())),
  '[{"at": 1800000000000, "phase": "pull", "message": "Pulled"}]', started_at, started_at, completed_at
from plan_steps;

insert into users (id, email, name)
select pg_temp.id_of('user', n), 'person-' || n || '@example.com', 'Person ' || n
from generate_series(1, 200) n;

insert into user_roles (user_id, role)
select pg_temp.id_of('user', n), 'viewer' from generate_series(1, 200) n;

insert into webhooks (id, name, kind, url, events, enabled)
select pg_temp.id_of('webhook', 1), 'large', 'webhook', 'https://hooks.example/', '{deployment.failed}', false;

insert into webhook_deliveries (id, webhook_id, event, environment_id, payload, status, attempts,
  response_status, duration_ms, created_at, attempted_at)
select pg_temp.id_of('delivery', n), pg_temp.id_of('webhook', 1), 'deployment.succeeded', environment,
  jsonb_build_object('event', 'deployment.succeeded', 'number', n),
  case when n % 50 = 0 then 'failed' else 'succeeded' end, 1, 200, 12,
  now() - (plans - n) * interval '1 minute', now() - (plans - n) * interval '1 minute'
from size, generate_series(1, plans) n;

insert into audit_logs (id, at, actor_type, actor_id, actor_name, action, resource_type, resource_id,
  resource_name, environment_id, details, address)
select pg_temp.id_of('entry', n), now() - (audit - n) * interval '10 seconds', 'user',
  pg_temp.id_of('user', 1 + n % 200), 'person-' || 1 + n % 200 || '@example.com',
  (array['update_service', 'create_plan', 'end_plan', 'restart_container', 'login'])[1 + n % 5],
  (array['service', 'deployment_plan', 'deployment_plan', 'service', 'user'])[1 + n % 5],
  case n % 5 when 0 then pg_temp.id_of('service', 1 + n / 5 % services)
    when 1 then pg_temp.id_of('plan', 1 + n / 5 % plans) when 2 then pg_temp.id_of('plan', 1 + n / 5 % plans)
    when 3 then pg_temp.id_of('service', 1 + n / 5 % services) else pg_temp.id_of('user', 1 + n % 200) end,
  'something', case when n % 5 < 4 then environment end, '{"outcome": "succeeded"}', '192.0.2.1'
from size, generate_series(1, audit) n;

insert into image_jobs (container_image_id, service_id, command, timeout_ms)
select container_image_id, min(id::text)::uuid, '{migrate}', 60000 from services group by 1;

-- Not the chain that the program would make: nothing here verifies it.
insert into audit_chain (position, entry_id, previous, hash)
select n + (select coalesce(max(position), 0) from audit_chain), pg_temp.id_of('entry', n),
  sha256(int8send(n - 1)), sha256(int8send(n))
from size, generate_series(1, audit) n;

delete from row_counts;

insert into row_counts (table_name, environment_id, kind, about, change)
select 'audit_logs', environment_id, action, resource_type, count(*) from audit_logs group by 2, 3, 4
union all
select 'deployment_plans', environment_id, status, '', count(*) from deployment_plans group by 2, 3
union all
select 'services', environment_id, '', '', count(*) from services group by 2
union all
select 'container_images', environment_id, '', '', count(*) from container_images group by 2
union all
select 'webhook_deliveries', environment_id, status, webhook_id::text, count(*) from webhook_deliveries
group by 2, 3, 4;
