import { z } from "zod";
import { type KubernetesObject, labelsSchema, nameOf } from "./objects.ts";

const port = z.union([z.string(), z.number()]);
const probeSchema = z.looseObject({
  httpGet: z.looseObject({ path: z.string(), port }).optional(),
  tcpSocket: z.looseObject({ port }).optional(),
  exec: z.looseObject({ command: z.array(z.string()) }).optional(),
});
const keyOf = z.looseObject({ name: z.string(), key: z.string(), optional: z.boolean().optional() });
const quantities = z.record(z.string(), z.union([z.string(), z.number()]));
const securitySchema = z.looseObject({
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().optional(),
  privileged: z.boolean().optional(),
  allowPrivilegeEscalation: z.boolean().optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  procMount: z.string().optional(),
  seccompProfile: z.looseObject({ type: z.string() }).optional(),
  capabilities: z.looseObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() }).optional(),
});
const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.string().optional(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.looseObject({
    name: z.string(),
    value: z.string().optional(),
    valueFrom: z.looseObject({
      secretKeyRef: keyOf.optional(),
      fieldRef: z.looseObject({ fieldPath: z.string() }).optional(),
    }).optional(),
  })).default([]),
  envFrom: z.array(z.looseObject({ configMapRef: z.looseObject({ name: z.string() }).optional() })).default([]),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number(), hostPort: z.number().optional() }))
    .default([]),
  startupProbe: probeSchema.optional(),
  readinessProbe: probeSchema.optional(),
  livenessProbe: probeSchema.optional(),
  lifecycle: z.looseObject({ preStop: probeSchema.optional() }).optional(),
  resources: z.looseObject({ requests: quantities, limits: quantities }).optional(),
  securityContext: securitySchema.optional(),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
});
const podSchema = z.looseObject({
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  terminationGracePeriodSeconds: z.number().optional(),
  hostNetwork: z.boolean().optional(),
  hostPID: z.boolean().optional(),
  hostIPC: z.boolean().optional(),
  securityContext: securitySchema.optional(),
  initContainers: z.array(containerSchema).default([]),
  containers: z.array(containerSchema).min(1),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
});
const workloadSchema = z.looseObject({
  replicas: z.number().optional(),
  selector: z.looseObject({ matchLabels: labelsSchema }),
  strategy: z.looseObject({
    type: z.string(),
    rollingUpdate: z.looseObject({ maxUnavailable: z.number(), maxSurge: z.number() }).optional(),
  }).optional(),
  serviceName: z.string().optional(),
  volumeClaimTemplates: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })).default([]),
  template: z.looseObject({ metadata: z.looseObject({ labels: labelsSchema }), spec: podSchema }),
});

export type Probe = z.output<typeof probeSchema>;
export type Container = z.output<typeof containerSchema>;
export type PodSpec = z.output<typeof podSchema>;

/** What makes pods. */
export interface Workload extends z.output<typeof workloadSchema> {
  /** `Deployment/mcp-server` */
  readonly is: string;
  /** Init containers too. */
  readonly containers: readonly Container[];
}

/** Every object that makes pods. */
export function workloads(objects: readonly KubernetesObject[]): readonly Workload[] {
  return objects.flatMap((object) => {
    if (typeof object["spec"] !== "object" || object["spec"] === null || !("template" in object["spec"])) return [];
    const spec = workloadSchema.parse(object["spec"]);
    const pod = spec.template.spec;
    return [{ ...spec, is: nameOf(object), containers: [...pod.initContainers, ...pod.containers] }];
  });
}

/** The probes of a container, by what they are for. */
export function probesOf(container: Container): readonly (readonly [name: string, probe: Probe])[] {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  return Object.entries({ startupProbe, readinessProbe, livenessProbe })
    .flatMap(([name, probe]) => probe ? [[name, probe] as const] : []);
}
