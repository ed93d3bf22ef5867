-- One synchronisation of an image at a time, over all replicas: a lease, so that a replica that
-- died in the middle holds nobody up for longer than the lease.
create table image_syncs (
  container_image_id uuid primary key references container_images on delete cascade,
  owner uuid not null,
  expires_at timestamptz not null
);

-- What deciding on updates came to, kept so that lists need not decide again.
alter table container_images
  -- what the last successful synchronisation left out, such as tags beyond the limit
  add column last_check_note text,
  add column update_reason text not null default 'no_registry',
  -- the newest digest with a tag that matches the filter
  add column newest_digest_id uuid references image_digests on delete set null,
  -- the newer digest that an update would deploy
  add column update_digest_id uuid references image_digests on delete set null;
