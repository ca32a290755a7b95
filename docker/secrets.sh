#!/bin/sh
# Makes the passwords of this installation, once: `admin` and `owner` for Postgres, `pgpass` for Tracecast.
set -eu
umask 077
cd "${1:-/secrets}"

new_password() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

if [ ! -s pgpass ]; then
  new_password >./admin
  new_password >./owner
  chown postgres admin owner
  printf '*:*:*:tracecast:%s\n' "$(cat owner)" >pgpass.new
  # The number of the user in Tracecast's image.
  chown 10001 pgpass.new
  mv pgpass.new pgpass
fi
# Each file is its reader's only; the folder may be entered by both.
chmod 711 .
