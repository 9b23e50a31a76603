import { z } from "zod";
import { parseAnswer } from "./answer_json.ts";
import type { ApiAnswer } from "./http.ts";
import type { PodContainers } from "./cluster.ts";

const named = z.object({ name: z.string() });
const podListSchema = z.object({
  kind: z.literal("PodList"),
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(z.object({
    metadata: named,
    spec: z.object({
      containers: z.array(named),
      initContainers: z.array(named.extend({ restartPolicy: z.string().optional() })).optional(),
      ephemeralContainers: z.array(named).optional(),
    }),
  })).nullish(),
});

/** The containers of the pods on a page, and the token of the page after. @throws {ToolError} `tool_failed` */
export function parsePodContainers(answer: ApiAnswer): { pods: readonly PodContainers[]; next: string | undefined } {
  const { metadata, items } = parseAnswer(answer, podListSchema);
  const pods = (items ?? []).map(({ metadata: { name }, spec }): PodContainers => ({
    pod: name,
    containers: [
      ...(spec.initContainers ?? []).map(({ name, restartPolicy }) => ({
        name,
        role: restartPolicy === "Always" ? "sidecar" as const : "init" as const,
      })),
      ...spec.containers.map(({ name }) => ({ name, role: "main" as const })),
      ...(spec.ephemeralContainers ?? []).map(({ name }) => ({ name, role: "ephemeral" as const })),
    ],
  }));
  return { pods, next: metadata.continue || undefined };
}
