-- Room on each page for the next version of its rows: a lease is repeated every few seconds, and a container
-- reported again whenever it changes. Where the new version fits beside the old one no index is written.
alter table servers set (fillfactor = 50);
alter table containers set (fillfactor = 70);
