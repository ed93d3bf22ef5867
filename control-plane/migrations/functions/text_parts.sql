-- Every run of at most three characters of a text, in small letters, for an index by which a part of a name
-- is found: what contains a text has all parts of that text. PostgreSQL's extension for this, pg_trgm, is not
-- installed everywhere, and finds nothing by fewer than three characters.
-- Shortest: of a text that is looked for, its longest parts are enough. The cost keeps PostgreSQL from working
-- it out for every row instead of asking the index.
create or replace function text_parts(value text, shortest integer) returns text[]
language sql immutable parallel safe cost 100000 as $$
  select coalesce(array_agg(distinct substr(lower(value), place, size)), '{}')
  from generate_series(shortest, 3) as size,
    generate_series(1, char_length(value) - size + 1) as place
$$;

create index if not exists services_search on services
  using gin (text_parts(name || ' ' || container_name, 1)) with (fastupdate = off);
