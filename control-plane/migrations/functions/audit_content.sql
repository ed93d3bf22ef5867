-- What the hash of an entry is made of. Never changed: hashes of earlier entries would no longer fit.
create or replace function audit_content(place bigint, entry audit_logs) returns text
language sql stable as $$
  select jsonb_build_object(
    'position', place,
    'id', entry.id,
    'at', to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'actorType', entry.actor_type,
    'actorId', entry.actor_id,
    'actorName', entry.actor_name,
    'address', entry.address,
    'action', entry.action,
    'resourceType', entry.resource_type,
    'resourceId', entry.resource_id,
    'resourceName', entry.resource_name,
    'environmentId', entry.environment_id,
    'details', entry.details)::text
$$;
