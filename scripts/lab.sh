#!/usr/bin/env bash
# The lab guide's steps 1 to 15 and its Tests 1 to 5, in a kind cluster on this machine: docs/guide.md. It can be run
# again: what is there is kept. It stops at the first step that fails, and says what to look at.
#
#   bash scripts/lab.sh [--without-tests]     leave out steps 10 and 11, whose tests need Redis and more on this machine
#   bash scripts/cleanup.sh                   undoes it
#
# LAB_PORT is the port of this machine that the server is reached by, 9000 where unset.
set -euo pipefail

readonly CLUSTER=mcp-lab NAMESPACE=mcp-lab IMAGE=mcp-server:latest PORT=${LAB_PORT:-9000}
readonly SERVER=http://localhost:$PORT
readonly ROLLOUT_SECONDS=300 ANSWER_SECONDS=${LAB_ANSWER_SECONDS:-60}

with_tests=yes
case ${1:-} in
  '') ;;
  --without-tests) with_tests=no ;;
  *)
    echo 'Usage: bash scripts/lab.sh [--without-tests]' >&2
    exit 2
    ;;
esac

title='' hint='' forward=''
leave() {
  local status=$?
  trap - EXIT
  [[ -z $forward ]] || kill "$forward" 2>/dev/null || true
  if ((status != 0)); then
    printf '\nFAILED: %s\n%s\n' "$title" "$hint" >&2
  fi
  exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { # step <title> <hint where it fails>
  title=$1 hint=$2
  printf '\n== %s\n' "$title"
}
validated() { printf '✓ %s\n' "$@"; }
run() {
  printf '$ %s\n' "$*"
  "$@"
}
# has <pattern>: whether a line of standard input matches. To its end: `grep -q` would break the pipe of who prints it.
has() { grep -E -- "$1" >/dev/null; }
# expect <pattern> <command …>: runs it, and fails where no line of what it prints matches.
expect() {
  local pattern=$1 printed
  shift
  printf '$ %s\n' "$*"
  printed=$("$@")
  printf '%s\n' "$printed"
  has "$pattern" <<<"$printed" || {
    echo "Expected a line that matches: $pattern" >&2
    return 1
  }
}
# eventually <command …>: tries it each second until it succeeds.
eventually() {
  local second
  for ((second = 0; second < ANSWER_SECONDS; second++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 1
  done
  echo "Not so after $ANSWER_SECONDS s: $*" >&2
  return 1
}
# at_least <major.minor> <major.minor.patch …>
at_least() {
  local major minor want_major=${1%%.*} want_minor=${1#*.}
  major=$(sed -E 's/^v?([0-9]+).*/\1/' <<<"$2")
  minor=$(sed -E 's/^v?[0-9]+\.([0-9]+).*/\1/' <<<"$2")
  ((major > want_major || (major == want_major && minor >= want_minor)))
}
need() { # need <program> <least version> <its version>
  if ! at_least "$2" "$3"; then
    echo "$1 is ${3:-of no known version}, expected $2 or later" >&2
    return 1
  fi
  echo "$1 $3"
}
version_in() { grep -Eo '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1; }

in_redis() { kubectl exec redis-mcp-0 -n "$NAMESPACE" -- redis-cli "$@"; }
in_postgres() { kubectl exec postgres-mcp-0 -n "$NAMESPACE" -- psql -U aiagent -d mcpaudit "$@"; }
client() { deno task --quiet client --url "ws://localhost:$PORT/mcp" "$@"; }
answers() { curl -fsS --max-time 5 "$@"; }
# What the guide's Python lines do: one message over a WebSocket, and the reply.
send() {
  deno eval --no-config '
    const [url, message] = Deno.args;
    const socket = new WebSocket(url);
    const late = setTimeout(() => { console.error("No reply in 10 s"); Deno.exit(1); }, 10_000);
    socket.onerror = () => { console.error("Cannot connect to " + url); Deno.exit(1); };
    socket.onopen = () => socket.send(message);
    socket.onmessage = ({ data }) => { console.log(data); clearTimeout(late); socket.close(); };
  ' "ws://localhost:$PORT/mcp" "$1"
}

step 'Prerequisites' 'Install Docker 24+, kind 0.20+, kubectl 1.29+, Deno 2.9+ (npm install --global deno) and curl, and start Docker.'
for program in docker kind kubectl deno curl; do
  command -v "$program" >/dev/null || { echo "Cannot find $program" >&2; exit 1; }
done
need docker 24.0 "$(docker --version | version_in)"
need kind 0.20 "$(kind --version | version_in)"
need kubectl 1.29 "$(kubectl version --client | version_in)"
need deno 2.9 "$(deno --version | version_in)"
docker info >/dev/null
validated 'The tools are there, and Docker runs'

step 'Step 1: Create the cluster' "Look at Docker: docker info. A cluster that does not answer: kind delete cluster --name $CLUSTER, and run this again."
if kind get clusters 2>/dev/null | has "^$CLUSTER\$"; then
  echo "The cluster $CLUSTER is there already"
else
  run kind create cluster --name "$CLUSTER" --wait 120s
fi
run kubectl config use-context "kind-$CLUSTER"
expect "^$CLUSTER-control-plane +Ready" kubectl get nodes
validated 'The cluster is there, its node is ready' "kubectl's context is kind-$CLUSTER"

step "Step 2: Go to the project's folder" 'This script belongs into the folder scripts of the project.'
cd "$(dirname "${BASH_SOURCE[0]}")/.."
run ls Dockerfile deno.json main.ts k8s/namespace.yaml k8s/redis.yaml k8s/postgres.yaml k8s/prometheus.yaml \
  k8s/mcp-deployment.yaml k8s/mcp-service.yaml

step 'Step 3: Build the image' "Look at what Docker printed. Where the image does not reach the cluster: docker exec $CLUSTER-control-plane crictl images"
run docker build -t "$IMAGE" .
image_id=$(docker image inspect --format '{{.Id}}' "$IMAGE")
run kind load docker-image "$IMAGE" --name "$CLUSTER"
expect 'mcp-server +latest' docker exec "$CLUSTER-control-plane" crictl images
validated 'The image is built' 'The cluster has it'

step 'Step 4: Make the namespace, and the Secrets' "Look at: kubectl get ns,secrets -n $NAMESPACE"
run kubectl apply -f k8s/namespace.yaml
expect 'Active' kubectl get ns "$NAMESPACE"
run bash scripts/secrets.sh
validated 'The namespace is there; every pod in it must be restricted' 'Redis, Postgres and the server have passwords and keys'

step 'Step 5: Start Redis' "Look at: kubectl logs redis-mcp-0 -n $NAMESPACE; kubectl describe pod redis-mcp-0 -n $NAMESPACE"
run kubectl apply -f k8s/redis.yaml
run kubectl rollout status statefulset/redis-mcp -n "$NAMESPACE" "--timeout=${ROLLOUT_SECONDS}s"
run kubectl wait --for=condition=ready pod -l app=redis-mcp -n "$NAMESPACE" --timeout=60s
expect '^redis-mcp-0 +1/1 +Running' kubectl get pods -n "$NAMESPACE" -l app=redis-mcp
expect '^PONG$' in_redis ping
validated 'The StatefulSet is deployed, its pod runs' 'Redis takes connections'

step 'Step 6: Start Postgres' "Look at: kubectl logs postgres-mcp-0 -n $NAMESPACE; kubectl describe pod postgres-mcp-0 -n $NAMESPACE"
run kubectl apply -f k8s/postgres.yaml
run kubectl rollout status statefulset/postgres-mcp -n "$NAMESPACE" "--timeout=${ROLLOUT_SECONDS}s"
run kubectl wait --for=condition=ready pod -l app=postgres-mcp -n "$NAMESPACE" --timeout=90s
expect '^postgres-mcp-0 +1/1 +Running' kubectl get pods -n "$NAMESPACE" -l app=postgres-mcp
expect '^ +1$' in_postgres -c 'SELECT 1;'
expect 'audit_logs \| table \| aiagent' in_postgres -c '\dt'
validated 'The StatefulSet is deployed, its pod runs' 'The database and its table are made' 'Postgres takes connections'

step 'Step 7: Start Prometheus' "Look at: kubectl logs deployment/prometheus -n $NAMESPACE"
run kubectl apply -f k8s/prometheus.yaml
run kubectl rollout status deployment/prometheus -n "$NAMESPACE" "--timeout=${ROLLOUT_SECONDS}s"
expect '^prometheus-.+ 1/1 +Running' kubectl get pods -n "$NAMESPACE" -l app=prometheus
# The server keeps an answer for five minutes, also that there was nothing yet.
has_series() {
  kubectl exec deployment/prometheus -n "$NAMESPACE" -- wget -qO- 'http://localhost:9090/api/v1/query?query=up' |
    has '"__name__":"up"'
}
eventually has_series
validated 'Prometheus runs, and has its first series'

step 'Step 8: Start the server' "Look at: kubectl logs -n $NAMESPACE -l app=mcp-server --tail=50. Common causes: no connection to Redis or Postgres, a missing Secret.
  kubectl get pods,svc -n $NAMESPACE
  kubectl describe pod -n $NAMESPACE -l app=mcp-server"
run kubectl apply -f k8s/mcp-deployment.yaml
run kubectl apply -f k8s/mcp-service.yaml
# The tag stays `latest`: that the image is another one, the pods must be told.
run kubectl patch deployment mcp-server -n "$NAMESPACE" --patch \
  "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"mcp-lab/image\":\"$image_id\"}}}}}"
# With what the guide does not apply by itself: the NetworkPolicies.
run kubectl apply -k k8s/
run kubectl rollout status deployment/mcp-server -n "$NAMESPACE" "--timeout=${ROLLOUT_SECONDS}s"
run kubectl wait --for=condition=available --timeout=120s deployment/mcp-server -n "$NAMESPACE"
running() { kubectl get pods -n "$NAMESPACE" -l app=mcp-server --field-selector=status.phase=Running; }
run kubectl get pods -n "$NAMESPACE"
(($(running | grep -c ' 1/1 ') >= 3)) || { echo 'Expected three replicas that are ready' >&2; exit 1; }
start_lines() { kubectl logs -n "$NAMESPACE" -l app=mcp-server --tail=-1; }
expect 'INFO: Connected to Redis: redis-mcp:6379' start_lines
for line in 'Connected to Postgres: postgres-mcp:5432/mcpaudit' 'Registered 7 tools' 'WebSocket endpoint ready: /mcp'; do
  start_lines | has "INFO: $line" || { echo "Expected in the log: INFO: $line" >&2; exit 1; }
done
validated 'Three replicas run' 'Redis and Postgres are connected' 'Seven tools are registered, the WebSocket is ready'

step 'Step 9: Forward the port' "Is the port taken, by an earlier forward perhaps? Stop that one, or set LAB_PORT. Then:
  kubectl port-forward svc/mcp-server -n $NAMESPACE $PORT:9000
  kubectl get pods,svc -n $NAMESPACE"
if answers "$SERVER/live" >/dev/null 2>&1; then
  echo "Something answers on port $PORT already" >&2
  exit 1
fi
echo "\$ kubectl port-forward svc/mcp-server -n $NAMESPACE $PORT:9000 &"
kubectl port-forward svc/mcp-server -n "$NAMESPACE" "$PORT:9000" >/dev/null &
forward=$!
eventually answers "$SERVER/live"
expect '"status": "healthy"' answers "$SERVER/health"
answers "$SERVER/health" | has '"registered_tools": 7'
validated 'The port is forwarded, HTTP answers' 'All parts are healthy'

if [[ $with_tests == yes ]]; then
  step 'Step 10: Install what the tests need' 'Debian: apt-get install redis-server postgresql prometheus openssl. Elsewhere: bash scripts/lab.sh --without-tests'
  run deno ci --quiet
  step 'Step 11: Run the automated tests' 'The tests start services of their own: redis-server, postgres and prometheus must be installed. Without them: bash scripts/lab.sh --without-tests'
  run deno task test:guide
  validated 'Protocol, errors, discovery, all tools, the whole way and the audit log work'
fi

step 'Step 12: Talk to it with the client' "Look at: kubectl logs -n $NAMESPACE -l app=mcp-server --tail=50. Is the port still forwarded?"
run client
validated 'A WebSocket connects, requests are answered' 'The tools of Kubernetes and Prometheus work'

step 'Step 13: Use the dashboard' "Open $SERVER/dashboard"
answers "$SERVER/dashboard" | has '<!(doctype|DOCTYPE) html>'
expect '"success": true' client call ctx.set key=version value=1.0.0
expect '"value": "1.0.0"' client call ctx.get key=version
validated "The dashboard is at $SERVER/dashboard" 'Context is set and comes back'

step 'Step 14: Look into Redis' "Look at: kubectl exec redis-mcp-0 -n $NAMESPACE -- redis-cli ping; kubectl logs redis-mcp-0 -n $NAMESPACE"
expect '^ctx:version$' in_redis keys '*'
for prefix in rate_limit: cache:prom:up; do
  in_redis keys "$prefix*" | has . || { echo "Expected a key that begins with $prefix" >&2; exit 1; }
done
expect '^1\.0\.0$' in_redis get ctx:version
expect '^[1-9][0-9]*$' in_redis ttl ctx:version
validated 'Redis keeps context, for an hour' 'Limits and the cache of Prometheus are there'

step 'Step 15: Look into the audit log' "Look at: kubectl exec postgres-mcp-0 -n $NAMESPACE -- psql -U aiagent -d mcpaudit -c '\\dt'; kubectl logs postgres-mcp-0 -n $NAMESPACE"
expect 'mcp\.tools\.' in_postgres -c 'SELECT id, method, timestamp FROM audit_logs ORDER BY timestamp DESC LIMIT 10;'
expect 'mcp\.tools\.' in_postgres -x -c 'SELECT * FROM audit_logs ORDER BY id LIMIT 1;'
expect 'ctx\.set' in_postgres -c 'SELECT method, tool_name, COUNT(*) as calls FROM audit_logs GROUP BY method, tool_name;'
validated 'Every call is on record, with its tool and its time'

step 'Test 1: Tool discovery' "Look at: kubectl logs -n $NAMESPACE -l app=mcp-server --tail=50"
tools=$(send '{"jsonrpc":"2.0","id":1,"method":"mcp.tools.list"}')
for tool in mcp.tools.list ctx.get ctx.set k8s.list_pods prom.query_simple logs.search runbook.preview; do
  has "\"name\":\"$tool\"" <<<"$tools" || { echo "Expected the tool $tool, but got: $tools" >&2; exit 1; }
  echo "  - $tool"
done
validated 'Seven tools are found'

step 'Test 2: Context is kept' "Look at: kubectl exec redis-mcp-0 -n $NAMESPACE -- redis-cli keys 'ctx:*'"
for pair in 'user alice' 'role admin'; do
  expect '"success":true' answers "$SERVER/test/ctx" -H 'Content-Type: application/json' \
    -d "{\"key\": \"${pair% *}\", \"value\": \"${pair#* }\"}"
done
for key in user role version; do
  in_redis keys 'ctx:*' | has "^ctx:$key\$" || { echo "Expected the key ctx:$key" >&2; exit 1; }
done
validated 'Three values are in Redis'

step 'Test 3: The audit log is complete' "Look at: kubectl logs -n $NAMESPACE -l app=mcp-server --tail=50"
recorded() { in_postgres -At -c "SELECT COUNT(*) FROM audit_logs WHERE tool_name = 'k8s.list_pods';"; }
before=$(recorded)
for ((call = 1; call <= 5; call++)); do client --test k8s >/dev/null; done
after=$(recorded)
echo "$before records before, $after after"
((after >= before + 5)) || { echo 'Expected five records more' >&2; exit 1; }
validated 'Five calls are five records'

step 'Test 4: Errors' 'A message without id is answered -32600: Invalid Request'
expect '"code":-32600,"message":"Invalid Request"' send '{"jsonrpc":"2.0","method":"invalid.tool"}'
validated 'A message without id is refused'

step 'Test 5: Rate limits' 'LAB_ENDPOINTS must be on: /test/rate-limit allows ten a minute.'
limited=0
for ((call = 1; call <= 15; call++)); do
  status=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$SERVER/test/rate-limit")
  printf '%s ' "$status"
  [[ $status != 429 ]] || limited=$((limited + 1))
done
echo
((limited >= 5)) || { echo 'Expected at least five answers 429' >&2; exit 1; }
validated 'More than ten a minute are refused'

printf '\nThe lab works. The forwarded port ends with this script; again:\n'
printf '  kubectl port-forward svc/mcp-server -n %s %s:9000\n' "$NAMESPACE" "$PORT"
printf 'Remove all of it: bash scripts/cleanup.sh\n'
