-- The audit entry that says what became of a command, to be written when it is done; null for commands
-- that change nothing, and for those of plans, whose end has an entry.
alter table commands add column audit jsonb;
