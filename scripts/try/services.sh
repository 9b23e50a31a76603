#!/usr/bin/env bash
# Redis, Postgres, Prometheus and a stand-in for a cluster's API, for a try on this machine: on 127.0.0.1 and ports of
# their own, in a temporary folder. Ctrl-C stops them and removes what they kept. Needs Debian's redis-server, postgresql,
# prometheus, openssl and curl, and deno.
#
#   bash scripts/try/services.sh          in one terminal
#   source data/try.env                   in the others
set -euo pipefail

readonly REDIS_PORT=${REDIS_PORT:-16379} POSTGRES_PORT=${POSTGRES_PORT:-15432} PROMETHEUS_PORT=${PROMETHEUS_PORT:-19090}
readonly SERVER_PORT=${PORT:-9000}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly settings="$root/data/try.env"
folder=$(mktemp -d)
pids=()

# shellcheck disable=SC2317 # Called by the trap.
leave() {
  trap - EXIT INT TERM
  ((${#pids[@]} == 0)) || kill -INT "${pids[@]}" 2>/dev/null || true
  wait
  rm -rf "$folder" "$settings"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

need() { command -v "$1" >/dev/null || { echo "Cannot find $1: install it first" >&2; exit 1; }; }
wait_for() { # wait_for <what> <command …>
  local what=$1
  shift
  for ((attempt = 0; attempt < 100; attempt++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "Cannot start $what:" >&2
  cat "$folder/$what.log" >&2
  exit 1
}
# Postgres refuses to run as root.
as_postgres=()
((EUID != 0)) || as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)

for program in redis-server redis-cli psql prometheus openssl curl deno; do need "$program"; done
postgres_bin=$(find /usr/lib/postgresql -name initdb -printf '%h\n' 2>/dev/null | sort -V | tail -n 1)
[[ -n $postgres_bin ]] || postgres_bin=$(dirname "$(command -v initdb || echo none/none)")
[[ -x $postgres_bin/initdb ]] || { echo "Cannot find initdb: install postgresql first" >&2; exit 1; }

redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --dir "$folder" --save '' --appendonly yes >"$folder/redis.log" &
pids+=($!)

password=$(openssl rand -hex 16)
mkdir "$folder/postgres"
chmod 755 "$folder"
echo "$password" >"$folder/postgres/password"
((EUID != 0)) || chown -R postgres: "$folder/postgres"
cd "$folder/postgres"
"${as_postgres[@]}" "$postgres_bin/initdb" --pgdata=data --username=postgres --pwfile=password --auth=scram-sha-256 \
  --encoding=UTF8 --locale=C >"$folder/postgres.log"
"${as_postgres[@]}" "$postgres_bin/postgres" -D data -p "$POSTGRES_PORT" -c listen_addresses=127.0.0.1 \
  -c "unix_socket_directories=$folder/postgres" >>"$folder/postgres.log" 2>&1 &
pids+=($!)

cat >"$folder/prometheus.yml" <<YAML
global: { scrape_interval: 2s }
scrape_configs:
  - job_name: prometheus
    static_configs: [{ targets: ["127.0.0.1:$PROMETHEUS_PORT"] }]
  - job_name: mcp-server
    static_configs: [{ targets: ["127.0.0.1:$SERVER_PORT"] }]
YAML
prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/prometheus" \
  --web.listen-address="127.0.0.1:$PROMETHEUS_PORT" >"$folder/prometheus.log" 2>&1 &
pids+=($!)

deno run -A --quiet "$root/scripts/try/kubernetes.ts" >"$folder/kubernetes" 2>"$folder/kubernetes.log" &
pids+=($!)

export PGPASSWORD=$password
admin=(psql -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres -v ON_ERROR_STOP=1 -q)
wait_for redis redis-cli -p "$REDIS_PORT" ping
wait_for postgres "${admin[@]}" -c 'SELECT 1'
wait_for prometheus curl -fsS "http://127.0.0.1:$PROMETHEUS_PORT/-/ready"
wait_for kubernetes test -s "$folder/kubernetes"
"${admin[@]}" -c "CREATE ROLE aiagent LOGIN PASSWORD '$password'" -c 'CREATE DATABASE mcpaudit OWNER aiagent'

mkdir -p "$root/data"
(
  umask 077
  cat >"$settings" <<ENV
export REDIS_URL=redis://127.0.0.1:$REDIS_PORT
export DATABASE_URL=postgres://aiagent:$password@127.0.0.1:$POSTGRES_PORT/mcpaudit
export PROMETHEUS_URL=http://127.0.0.1:$PROMETHEUS_PORT
export KUBECONFIG=$(<"$folder/kubernetes")
ENV
)
echo "Redis 127.0.0.1:$REDIS_PORT, Postgres 127.0.0.1:$POSTGRES_PORT, Prometheus 127.0.0.1:$PROMETHEUS_PORT,"
echo 'and a Kubernetes API that answers as a recorded cluster did.'
echo 'Type "source data/try.env" in another terminal. Ctrl-C here stops them.'
wait -n
echo "A service has ended; what they logged:" >&2
cat "$folder"/*.log >&2
exit 1
