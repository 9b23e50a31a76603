import { isObject } from "./object_json.ts";
import type { ObjectJson } from "./objects.ts";

/** Members of metadata that say nothing to whoever looks for a fault. */
const METADATA_LEFT: ReadonlySet<string> = new Set([
  "uid",
  "resourceVersion",
  "generation",
  "selfLink",
  "generateName",
]);
/** What the API fills in by itself, wherever it stands. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  dnsPolicy: "ClusterFirst",
  schedulerName: "default-scheduler",
  enableServiceLinks: true,
  preemptionPolicy: "PreemptLowerPriority",
  priority: 0,
  terminationGracePeriodSeconds: 30,
  restartPolicy: "Always",
  successThreshold: 1,
  imagePullPolicy: "IfNotPresent",
  protocol: "TCP",
  progressDeadlineSeconds: 600,
  revisionHistoryLimit: 10,
};
const TOKEN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_VOLUME = /^kube-api-access-/;
const DEFAULT_TOLERATIONS: ReadonlySet<unknown> = new Set([
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/unreachable",
]);
/** Times and ids within status that change with each heartbeat. */
const STATUS_LEFT: ReadonlySet<string> = new Set([
  ...["lastProbeTime", "lastHeartbeatTime", "lastUpdateTime", "containerID", "imageID", "observedGeneration"],
  ...["podIPs", "hostIPs", "allocatedResources", "volumeMounts", "user", "images"],
]);

/** An object without what the API fills in by itself and what only machines read. */
export function slimObject(object: ObjectJson): ObjectJson {
  const { apiVersion, kind, metadata, status, ...rest } = object;
  const named = isObject(metadata) ? metadata : {};
  const ownerReferences = Array.isArray(named["ownerReferences"])
    ? { ownerReferences: named["ownerReferences"].map((one) => `${one?.kind}/${one?.name}`) }
    : {};
  return {
    apiVersion,
    kind,
    metadata: { ...without(named, METADATA_LEFT), ...ownerReferences },
    ...rest,
    ...mapMember("spec", rest["spec"], slim),
    ...mapMember("template", rest["template"], slim),
    ...mapMember("status", status, (value) => slim(value, STATUS_LEFT)),
  };
}

function mapMember(name: string, value: unknown, map: (value: unknown) => unknown): ObjectJson {
  return value === undefined ? {} : { [name]: map(value) };
}

function slim(value: unknown, left: ReadonlySet<string> = new Set()): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isFilledIn(item)).map((item) => slim(item, left));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, member]) => !left.has(name) && DEFAULTS[name] !== member)
      .map(([name, member]) => [name, slim(member, left)] as const)
      .filter(([name, member]) => member !== null && !(isEmpty(member) && name !== "emptyDir")),
  );
}

/** The token's volume, its mount, and the two tolerations that every pod gets. */
function isFilledIn(item: unknown): boolean {
  if (!isObject(item)) return false;
  return item["mountPath"] === TOKEN_MOUNT ||
    (typeof item["name"] === "string" && TOKEN_VOLUME.test(item["name"]) && "projected" in item) ||
    (item["tolerationSeconds"] === 300 && DEFAULT_TOLERATIONS.has(item["key"]));
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function without(value: ObjectJson, left: ReadonlySet<string>): ObjectJson {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !left.has(name)));
}
