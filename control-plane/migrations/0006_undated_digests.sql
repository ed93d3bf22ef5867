-- Nobody says when it was pushed, and it was not seen to appear: it may have been there for long
-- when it was first seen, so it is no update of anything.
alter table image_digests add column undated boolean not null default false;

-- Registry and tag filter of the last check, if that left nothing out: what a check that goes by the
-- same finds for the first time was pushed since. null: nobody can say so.
alter table container_images add column checked_by text;
update container_images set checked_by = registry_id || ' ' || tag_filter
where last_checked_at is not null and last_check_note is null;
