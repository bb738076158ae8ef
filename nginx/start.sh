#!/bin/sh
# Writes the configuration to RUNTIME and becomes nginx; for containers. The variables are those of render.sh.

set -eu

here=$(dirname "$0")
export RUNTIME="${RUNTIME:-/run/proposals-nginx}"
"$here/render.sh" "$RUNTIME"
exec nginx -e stderr -p "$RUNTIME" -c "$RUNTIME/nginx.conf"
