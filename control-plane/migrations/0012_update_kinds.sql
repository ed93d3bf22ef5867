-- What an update is (a patch, a rebuild, an older version, …), and why it counts as newer.
alter table container_images
  add column update_kind text
    check (update_kind in ('rebuild', 'patch', 'minor', 'major', 'older', 'other')),
  add column update_because text;
