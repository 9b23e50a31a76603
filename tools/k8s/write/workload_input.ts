import { z } from "zod";
import { DAEMON_SET, DEPLOYMENT, REPLICA_SET, STATEFUL_SET } from "../known_kinds.ts";
import { namespaceName } from "../namespace.ts";

/** Kinds by the words that a caller names them with. */
export const WORKLOADS = {
  deployment: DEPLOYMENT,
  statefulset: STATEFUL_SET,
  daemonset: DAEMON_SET,
  replicaset: REPLICA_SET,
} as const;

/** A DNS subdomain, as workloads and nodes are named. */
export const dnsName = z.string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "Use an object's name: lower-case letters, digits, hyphens and dots");

export const workloadInput = {
  namespace: namespaceName,
  name: dnsName.describe("Name of the workload"),
};
