#!/usr/bin/env bash
# Makes the lab's Secrets, with random passwords, in the namespace that k8s/namespace.yaml made. What is there already is
# kept, so that it can be run again. Nothing is printed or written to a file but names.
#
#   bash scripts/secrets.sh [--dry-run]
#
#   redis-mcp      password                      Redis
#   postgres-mcp   password                      Postgres
#   mcp-server     REDIS_URL, DATABASE_URL       with these two passwords
#                  SESSION_KEY                   seals the ids of MCP sessions
#                  AUDIT_SIGNING_KEY             signs the chains of the audit log
#
# In production the Secret `mcp-server` is yours to make: docs/deploy-kubernetes.md.
set -euo pipefail

readonly NAMESPACE=${NAMESPACE:-mcp-lab}
dry_run=no
case ${1:-} in
  '') ;;
  --dry-run) dry_run=yes ;;
  *)
    echo 'Usage: bash scripts/secrets.sh [--dry-run]' >&2
    exit 2
    ;;
esac

fail() {
  echo "$1" >&2
  exit 1
}
command -v kubectl >/dev/null || fail 'Cannot find kubectl: install it first'
kubectl get namespace "$NAMESPACE" >/dev/null ||
  fail "Cannot find the namespace $NAMESPACE: kubectl apply -f k8s/namespace.yaml"

# Hexadecimal digits stand in a URL as they are.
random_hex() { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'; }
random_base64() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

# names <secret>: its keys, one a line, and nothing where there is no such Secret.
names() {
  # shellcheck disable=SC2016 # The variables are the template's.
  kubectl get secret "$1" -n "$NAMESPACE" --ignore-not-found \
    -o go-template='{{range $key, $value := .data}}{{$key}}{{"\n"}}{{end}}'
}
value() { # value <secret> <key>
  kubectl get secret "$1" -n "$NAMESPACE" -o go-template="{{index .data \"$2\" | base64decode}}"
}

# make <secret> <key> <value> [<key> <value> …]: by standard input, since arguments can be read by others.
make() {
  local secret=$1
  shift
  if [[ $dry_run == yes ]]; then
    echo "secret/$secret would be created"
    return
  fi
  {
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: %s\nstringData:\n' "$secret" "$NAMESPACE"
    while (($# > 0)); do
      printf '  %s: "%s"\n' "$1" "$2"
      shift 2
    done
  } | kubectl create -f -
}

# keep <secret> <the keys it has> <key> …: tells that it is kept, and stops where one of the keys is missing.
keep() {
  local secret=$1 found=$2 key
  shift 2
  for key in "$@"; do
    grep -qx "$key" <<<"$found" ||
      fail "The Secret $secret has no $key: add it, or delete the Secret and run this again"
  done
  echo "secret/$secret is kept"
}

# find_or_make <secret>: makes the Secret of a store where there is none, and sets `password` to what it holds.
find_or_make() {
  local found
  found=$(names "$1")
  if [[ -n $found ]]; then
    keep "$1" "$found" password
    password=$(value "$1" password)
  else
    password=$(random_hex)
    make "$1" password "$password"
  fi
}

find_or_make redis-mcp
redis_url="redis://:$password@redis-mcp:6379"
find_or_make postgres-mcp
database_url="postgres://aiagent:$password@postgres-mcp:5432/mcpaudit"
found=$(names mcp-server)
if [[ -n $found ]]; then
  keep mcp-server "$found" REDIS_URL DATABASE_URL SESSION_KEY AUDIT_SIGNING_KEY
  [[ $(value mcp-server REDIS_URL) == "$redis_url" && $(value mcp-server DATABASE_URL) == "$database_url" ]] ||
    fail "The Secret mcp-server has other passwords than redis-mcp and postgres-mcp: delete it, run this again, and then \
kubectl rollout restart deployment/mcp-server -n $NAMESPACE"
else
  make mcp-server REDIS_URL "$redis_url" DATABASE_URL "$database_url" SESSION_KEY "$(random_hex)" \
    AUDIT_SIGNING_KEY "$(random_base64)"
fi
