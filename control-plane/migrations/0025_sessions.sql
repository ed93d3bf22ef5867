-- What a person recognizes a session by: where it was opened and last used from, and with what.
alter table sessions
  add column address text,
  add column user_agent text,
  add column last_seen_at timestamptz,
  add column last_address text;
