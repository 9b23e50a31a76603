import type { Recorded } from "./recorded.ts";

/** How a kind's table is printed: columns, and an object's cells. */
export interface RowPrinter {
  readonly columns: readonly string[];
  cells(object: Recorded, now: string): readonly (string | number)[];
}

/** By resource, in the words of the API server's printers. */
export const ROW_PRINTERS: Readonly<Record<string, RowPrinter>> = {
  "configmaps": {
    columns: ["Name", "Data", "Age"],
    cells: (object, now) => [object.metadata.name, Object.keys(object.data ?? {}).length, age(object, now)],
  },
  "deployments.apps": {
    columns: ["Name", "Ready", "Up-to-date", "Available", "Age"],
    cells: ({ metadata, spec, status }, now) => [
      ...[metadata.name, `${status.readyReplicas ?? 0}/${spec.replicas}`],
      ...[status.updatedReplicas ?? 0, status.availableReplicas ?? 0, age({ metadata }, now)],
    ],
  },
  "events": {
    columns: ["Last Seen", "Type", "Reason", "Object", "Message"],
    cells: (object, now) => [
      ...[age({ metadata: { creationTimestamp: object.lastTimestamp ?? object.eventTime } }, now), object.type],
      ...[object.reason, `${object.involvedObject.kind.toLowerCase()}/${object.involvedObject.name}`, object.message],
    ],
  },
  "namespaces": {
    columns: ["Name", "Status", "Age"],
    cells: (object, now) => [object.metadata.name, object.status?.phase ?? "Active", age(object, now)],
  },
  "nodes": {
    columns: ["Name", "Status", "Roles", "Age", "Version"],
    cells: (object, now) => {
      const ready = object.status.conditions.find(({ type }: Recorded) => type === "Ready")?.status;
      const { kubeletVersion } = object.status.nodeInfo;
      return [
        object.metadata.name,
        ready === "True" ? "Ready" : "NotReady",
        "<none>",
        age(object, now),
        kubeletVersion,
      ];
    },
  },
  "secrets": {
    columns: ["Name", "Type", "Data", "Age"],
    cells: (object, now) => [
      ...[object.metadata.name, object.type ?? "Opaque", Object.keys(object.data ?? {}).length, age(object, now)],
    ],
  },
  "services": {
    columns: ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"],
    cells: ({ metadata, spec }, now) => [
      ...[metadata.name, spec.type, spec.clusterIP, "<none>"],
      ...[spec.ports.map(({ port, protocol }: Recorded) => `${port}/${protocol}`).join(","), age({ metadata }, now)],
    ],
  },
};

export const PLAIN_PRINTER: RowPrinter = {
  columns: ["Name", "Age"],
  cells: (object, now) => [object.metadata.name, age(object, now)],
};

function age({ metadata }: Recorded, now: string): string {
  const seconds = Math.max(0, Math.floor((Date.parse(now) - Date.parse(metadata.creationTimestamp ?? now)) / 1000));
  return seconds < 120 ? `${seconds}s` : `${Math.floor(seconds / 60)}m`;
}
