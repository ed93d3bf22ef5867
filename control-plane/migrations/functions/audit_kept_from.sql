-- Entries from this moment on stay, whatever is set: 90 days, in whole months.
create or replace function audit_kept_from() returns timestamptz language sql stable as $$
  select date_trunc('month', now() - interval '90 days', 'UTC')
$$;
