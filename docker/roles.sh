#!/bin/bash
# Run by Postgres' image when it makes its cluster: the database and its owner, who is no superuser.
set -euo pipefail
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\set password `cat "${SECRETS:-/secrets}/owner"`
CREATE ROLE tracecast LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
-- The owner takes these on for pages and for the worker; nobody signs in as them.
CREATE ROLE tracecast_web NOLOGIN;
CREATE ROLE tracecast_worker NOLOGIN;
GRANT tracecast_web, tracecast_worker TO tracecast;
CREATE DATABASE tracecast OWNER tracecast;
REVOKE ALL ON DATABASE tracecast FROM PUBLIC;
SQL
