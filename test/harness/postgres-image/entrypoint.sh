#!/bin/sh
# PostgreSQL of Debian, with the variables of the usual image: makes the database at its first start,
# then becomes the server. POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE.
set -eu
data=${PGDATA:-/var/lib/postgresql/data}
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE"); fi
if [ ! -s "$data/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?is needed for the first start}"
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  # What a killed start has left is no database.
  find "$data" -mindepth 1 -delete
  initdb -D "$data" -U "$user" --pwfile=/tmp/password --auth=scram-sha-256 --encoding=UTF8 --locale=C >/dev/null
  rm /tmp/password
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  if [ "$database" != postgres ]; then
    echo "CREATE DATABASE \"$database\"" | postgres --single -D "$data" -j postgres >/dev/null
  fi
fi
exec postgres -D "$data" -c listen_addresses='*' "$@"
