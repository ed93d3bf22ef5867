-- Where a repository has more tags than a check looks at: which ones its last list had, so that a
-- new one is looked at whatever its name. Eight bytes for each tag, sorted; see listed-tags.ts.
create table image_tag_lists (
  container_image_id uuid primary key references container_images on delete cascade,
  registry_id uuid not null references registries on delete cascade,
  tags bytea not null
);
