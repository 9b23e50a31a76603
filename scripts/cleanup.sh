#!/usr/bin/env bash
# Undoes scripts/lab.sh: the cluster with all that is in it, and the image. Again without effect.
#
#   bash scripts/cleanup.sh                   remove the cluster and the image
#   bash scripts/cleanup.sh --keep-cluster    remove the namespace alone, with its data and Secrets
#
# The guide's `docker system prune -f` would also remove what is not the lab's: that is for you to say.
set -euo pipefail

readonly CLUSTER=mcp-lab NAMESPACE=mcp-lab IMAGE=mcp-server:latest

keep_cluster=no
case ${1:-} in
  '') ;;
  --keep-cluster) keep_cluster=yes ;;
  *)
    echo 'Usage: bash scripts/cleanup.sh [--keep-cluster]' >&2
    exit 2
    ;;
esac
for program in docker kind kubectl; do
  command -v "$program" >/dev/null || { echo "Cannot find $program: install it first" >&2; exit 1; }
done

clusters=$(kind get clusters 2>/dev/null)
if ! grep -qx "$CLUSTER" <<<"$clusters"; then
  echo "There is no cluster $CLUSTER"
elif [[ $keep_cluster == yes ]]; then
  # Named, so that nothing of another cluster is deleted, whatever the current context is.
  kubectl --context "kind-$CLUSTER" delete namespace "$NAMESPACE" --ignore-not-found --timeout=120s
else
  kind delete cluster --name "$CLUSTER"
fi

if [[ $keep_cluster == yes ]]; then
  echo "The image $IMAGE is kept"
elif docker image inspect "$IMAGE" >/dev/null 2>&1; then
  docker rmi "$IMAGE"
else
  echo "There is no image $IMAGE"
fi
