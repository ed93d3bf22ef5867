-- What each service is behind, beside what its image is; see images/update-available.ts. A row says
-- something only while its service is what it was compared for.
create table service_updates (
  service_id uuid primary key references services on delete cascade,
  container_image_id uuid not null references container_images on delete cascade,
  deployed_digest_id uuid not null references image_digests on delete cascade,
  image_tag text,
  found boolean not null,
  reason text not null,
  -- what an update would deploy
  digest_id uuid references image_digests on delete cascade,
  tag text,
  kind text,
  because text,
  -- what auto-update may deploy
  automatic_digest_id uuid references image_digests on delete cascade
);
create index service_updates_image on service_updates (container_image_id);

alter table container_images
  -- the tag by which the update is followed
  add column update_tag text,
  -- the newest that auto-update may deploy, by the kinds that it may
  add column automatic_digest_id uuid,
  add column automatic_tag text,
  add column automatic_kind text,
  add column update_kinds text[] not null default '{rebuild,patch,minor,major,other}',
  add column update_snoozed_until timestamptz,
  add column update_pinned boolean not null default false,
  -- why a person has snoozed or pinned it
  add column update_hold_reason text,
  -- {"tags": […], "suggestedFilter": …}: higher versions that the filter leaves out
  add column newer_outside_filter jsonb;
update container_images set automatic_digest_id = update_digest_id, automatic_kind = update_kind
where update_kind <> 'older';

-- Digests that a person does not want: they do not count as an update.
create table skipped_digests (
  container_image_id uuid not null references container_images on delete cascade,
  digest_id uuid not null references image_digests on delete cascade,
  reason text,
  skipped_by text not null,
  created_at timestamptz not null default now(),
  primary key (container_image_id, digest_id)
);

-- Since when a tag has pointed to a digest: as the registry says, else since it was first seen. Rows
-- stay when the tag moves on, so that the past can be told.
create table tag_sightings (
  digest_id uuid not null references image_digests on delete cascade,
  tag text not null,
  since timestamptz not null,
  primary key (digest_id, tag)
);
insert into tag_sightings (digest_id, tag, since)
select distinct id, tag, discovered_at from image_digests, unnest(tags) as tag;
