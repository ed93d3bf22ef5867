-- What an image says of itself by its labels and annotations; see registries/image-facts.ts. null: it
-- was recorded by an earlier version and not read since.
alter table image_digests add column image jsonb;

-- What a digest's image is configured with and made of, for one platform, so that two images can be
-- compared after the registry has let go of one. Apart from the digests, as lists do not show it.
create table digest_contents (
  digest_id uuid not null references image_digests on delete cascade,
  platform text not null,
  -- registries/image-content.ts: ImageSettings
  settings jsonb not null,
  -- [{"digest": …, "size": …}]
  layers jsonb not null,
  size bigint not null,
  primary key (digest_id, platform)
);
