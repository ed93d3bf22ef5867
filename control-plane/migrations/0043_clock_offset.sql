-- How far its agent's clock was ahead of ours when its stream began, in milliseconds; null: it does not tell.
alter table servers add column clock_offset_ms bigint;
