import { z } from "zod";

/** What is read of whole pods. */
const quantities = z.record(z.string(), z.string()).optional();
const stateSchema = z.object({
  waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).nullish(),
  running: z.object({ startedAt: z.string().nullish() }).nullish(),
  terminated: z.object({
    exitCode: z.number(),
    signal: z.number().optional(),
    reason: z.string().optional(),
    message: z.string().optional(),
    startedAt: z.string().nullish(),
    finishedAt: z.string().nullish(),
  }).nullish(),
});
const probeSchema = z.object({
  httpGet: z.object({ path: z.string().optional(), port: z.union([z.string(), z.number()]) }).optional(),
  tcpSocket: z.object({ port: z.union([z.string(), z.number()]) }).optional(),
  grpc: z.object({ port: z.number() }).optional(),
  exec: z.object({ command: z.array(z.string()).optional() }).optional(),
  initialDelaySeconds: z.number().optional(),
  periodSeconds: z.number().optional(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number().optional(),
});
const containerSchema = z.object({
  name: z.string(),
  image: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  restartPolicy: z.string().optional(),
  resources: z.object({ requests: quantities, limits: quantities }).optional(),
  livenessProbe: probeSchema.optional(),
  readinessProbe: probeSchema.optional(),
  startupProbe: probeSchema.optional(),
});
const statusSchema = z.object({
  name: z.string(),
  ready: z.boolean().optional(),
  restartCount: z.number().optional(),
  state: stateSchema.optional(),
  lastState: stateSchema.optional(),
});

export const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: z.string().nullish(),
});

export const ownerSchema = z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() });

export const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    creationTimestamp: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    ownerReferences: z.array(ownerSchema).optional(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    serviceAccountName: z.string().optional(),
    containers: z.array(containerSchema),
    initContainers: z.array(containerSchema).optional(),
  }),
  status: z.object({
    phase: z.string().optional(),
    reason: z.string().optional(),
    message: z.string().optional(),
    podIP: z.string().optional(),
    qosClass: z.string().optional(),
    conditions: z.array(conditionSchema).optional(),
    initContainerStatuses: z.array(statusSchema).optional(),
    containerStatuses: z.array(statusSchema).optional(),
  }).optional(),
});

/** What is read of pods where only their requests count. */
export const podRequestsSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.array(containerSchema.pick({ name: true, resources: true })),
    initContainers: z.array(containerSchema.pick({ name: true, resources: true, restartPolicy: true })).optional(),
  }),
  status: z.object({ phase: z.string().optional() }).optional(),
});

export type PodShape = z.output<typeof podSchema>;
export type PodRequests = z.output<typeof podRequestsSchema>;
export type ContainerShape = z.output<typeof containerSchema>;
export type ContainerStatus = z.output<typeof statusSchema>;
export type ContainerState = z.output<typeof stateSchema>;
export type Probe = z.output<typeof probeSchema>;
export type Condition = z.output<typeof conditionSchema>;
