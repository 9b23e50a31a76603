import { z } from "zod";
import { conditionWords, probeWords, quantityWords, stateWords } from "./container_words.ts";
import type { Happened } from "./happened.ts";
import { troubledFirst } from "./health.ts";
import { shorten } from "./list_notes.ts";
import type { ContainerShape, ContainerStatus, PodShape } from "./pod_shape.ts";

/** How much is told of a pod. */
export interface Detail {
  readonly containers: number;
  readonly events: number;
  /** Labels, and as many annotations. */
  readonly labels: number;
  /** Of one text. */
  readonly chars: number;
}

export const podMembers = {
  pod: z.string().describe("Name"),
  status: z.string().describe("Phase, and the reason where there is one"),
  message: z.string().optional().describe("Why, in words"),
  node: z.string().optional().describe("Where it runs"),
  ip: z.string().optional().describe("Its address"),
  qos: z.string().optional().describe("Class of service"),
  service_account: z.string().optional().describe("Whose rights it has"),
  created: z.string().optional().describe("Time in UTC"),
  deleted: z.string().optional().describe("Time in UTC by which it is to be gone"),
  owners: z.array(z.string()).describe("Who made it, nearest first"),
  conditions: z.array(z.string()).describe("Those that are not met, and why"),
  labels: z.record(z.string(), z.string()).optional().describe("Labels"),
  annotations: z.record(z.string(), z.string()).optional().describe("Annotations"),
};

export const containerMembers = {
  name: z.string().describe("Name"),
  role: z.enum(["main", "sidecar", "init"]).describe("sidecar: an init container that keeps running"),
  image: z.string().optional().describe("Image"),
  ready: z.boolean().describe("Takes traffic"),
  restarts: z.int().describe("How often it was started again"),
  state: z.string().optional().describe("Now"),
  last: z.string().optional().describe("How the run before ended"),
  requests: z.string().optional().describe("What it asks for"),
  limits: z.string().optional().describe("What it may use"),
  liveness: z.string().optional().describe("Probe that restarts it"),
  readiness: z.string().optional().describe("Probe that lets traffic in"),
  startup: z.string().optional().describe("Probe that the others wait for"),
  command: z.string().optional().describe("Command and arguments"),
};

type Described = z.output<z.ZodObject<typeof podMembers>>;
type DescribedContainer = z.output<z.ZodObject<typeof containerMembers>>;

/** A pod in so much detail, and what was left out of it, in sentences. */
export function describePod(pod: PodShape, owners: string[], happened: readonly Happened[], detail: Detail) {
  const { metadata, spec, status = {} } = pod;
  const containers = troubledFirst(
    describeContainers(pod, detail.chars),
    ({ ready, state }) => !ready && !state?.startsWith("terminated with exit code 0"),
  );
  const unmet = (status.conditions ?? []).filter((one) => one.status !== "True" && one.reason !== "PodCompleted");
  const labels = firstOf(metadata.labels, detail);
  const annotations = firstOf(metadata.annotations, detail);
  const described: Described = dropAbsent({
    pod: metadata.name,
    status: `${status.phase ?? "Unknown"}${status.reason ? ` (${status.reason})` : ""}`,
    message: status.message && shorten(status.message, detail.chars),
    node: spec.nodeName,
    ip: status.podIP,
    qos: status.qosClass,
    service_account: spec.serviceAccountName,
    created: metadata.creationTimestamp,
    deleted: metadata.deletionTimestamp,
    owners,
    conditions: unmet.map((one) => conditionWords(one, detail.chars)),
    labels: labels.shown,
    annotations: annotations.shown,
  });
  const counts = [
    ["containers", containers.length - detail.containers],
    ["events", happened.length - detail.events],
    ["labels", labels.left],
    ["annotations", annotations.left],
  ] as const;
  const left = counts.filter(([, count]) => count > 0).map(([name, count]) => `${count} more ${name}`);
  return {
    described: {
      ...described,
      containers: containers.slice(0, detail.containers),
      events: happened.slice(0, detail.events)
        .map(({ object: _, message, ...event }) => ({ ...event, message: shorten(message, detail.chars) })),
    },
    left: left.length > 0 ? [`Not shown: ${left.join(", ")}: see k8s.get and k8s.events`] : [],
  };
}

function describeContainers({ spec, status = {} }: PodShape, charsMax: number): DescribedContainer[] {
  const statuses = new Map(
    [...status.initContainerStatuses ?? [], ...status.containerStatuses ?? []].map((one) => [one.name, one]),
  );
  return [
    ...(spec.initContainers ?? []).map((one) => {
      const role = one.restartPolicy === "Always" ? "sidecar" as const : "init" as const;
      return describeContainer(one, role, statuses.get(one.name), charsMax);
    }),
    ...spec.containers.map((one) => describeContainer(one, "main", statuses.get(one.name), charsMax)),
  ];
}

function describeContainer(
  container: ContainerShape,
  role: DescribedContainer["role"],
  status: ContainerStatus | undefined,
  charsMax: number,
): DescribedContainer {
  const command = [...container.command ?? [], ...container.args ?? []].join(" ");
  return dropAbsent({
    name: container.name,
    role,
    image: container.image && shorten(container.image, charsMax),
    ready: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    state: stateWords(status?.state, charsMax),
    last: stateWords(status?.lastState, charsMax),
    requests: quantityWords(container.resources?.requests),
    limits: quantityWords(container.resources?.limits),
    liveness: probeWords(container.livenessProbe, charsMax),
    readiness: probeWords(container.readinessProbe, charsMax),
    startup: probeWords(container.startupProbe, charsMax),
    command: command === "" ? undefined : shorten(command, charsMax),
  });
}

function firstOf(members: Readonly<Record<string, string>> | undefined, { labels: max, chars }: Detail) {
  const all = Object.entries(members ?? {});
  const shown = all.slice(0, max).map(([name, value]) => [name, shorten(value, chars)]);
  return { shown: shown.length > 0 ? Object.fromEntries(shown) : undefined, left: all.length - shown.length };
}

/** Without the members that are not there. */
function dropAbsent<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  // What is required is never left out: its type says so.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
