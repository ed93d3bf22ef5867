-- What became of a command is in the audit however it ended, and even if no process waits for it.
create or replace function record_command_outcome() returns trigger language plpgsql as $$
begin
  insert into audit_logs (id, actor_type, actor_id, actor_name, address, action, resource_type,
    resource_id, resource_name, environment_id, details)
  select entry.id, entry."actorType", entry."actorId", entry."actorName", entry.address,
    entry.action, entry."resourceType", entry."resourceId", entry."resourceName",
    entry."environmentId", entry.details || case when (new.outcome ->> 'ok')::boolean
      then jsonb_build_object('outcome', 'succeeded') || ((new.outcome -> 'body') - 'kind')
      else jsonb_build_object('outcome', 'failed',
        'error', left(new.outcome -> 'failure' ->> 'message', 1000))
    end
  from jsonb_to_record(new.audit) as entry(id uuid, "actorType" text, "actorId" uuid,
    "actorName" text, address text, action text, "resourceType" text, "resourceId" text,
    "resourceName" text, "environmentId" uuid, details jsonb);
  return null;
end $$;

create or replace trigger outcome after update of status on commands for each row
  when (new.audit is not null and new.status = 'done' and old.status <> 'done')
  execute function record_command_outcome();
