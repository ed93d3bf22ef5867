-- What the audit calls a plan, after its first image: "Shop v2", "Shop v2 and 4 more". An image that was deleted
-- is called as it was pulled.
create or replace function plan_audit_name(asked uuid) returns text language sql stable as $$
  select coalesce(image.name, target.image_name) || ' '
    || coalesce(target.image_tag, target.image_digest)
    || case when others.count > 0 then ' and ' || others.count || ' more' else '' end
  from plan_targets target left join container_images image on image.id = target.container_image_id,
    (select count(*) from plan_targets where plan_id = asked and position > 0) others
  where target.plan_id = asked and target.position = 0
$$;
