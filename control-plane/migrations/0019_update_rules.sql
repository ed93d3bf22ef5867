-- By which rules the image's updates were decided; see images/updates.store.ts.
alter table container_images add column update_rules integer not null default 0;
