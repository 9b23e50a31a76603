import { z } from "zod";
import type { ClusterCall } from "./cluster.ts";
import { EVENT } from "./known_kinds.ts";
import { shorten } from "./list_notes.ts";
import type { ClusterObjects, ListedWhole, ObjectQuery } from "./objects.ts";

/** The kubelet's longest messages have some thousand. */
const MESSAGE_CHARS_MAX = 400;

const time = z.string().nullish();
const eventSchema = z.object({
  metadata: z.object({ namespace: z.string().optional(), creationTimestamp: time }),
  involvedObject: z.object({
    kind: z.string().optional(),
    name: z.string().optional(),
    namespace: z.string().optional(),
    fieldPath: z.string().optional(),
  }),
  type: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  count: z.number().nullish(),
  series: z.object({ count: z.number().optional(), lastObservedTime: time }).nullish(),
  firstTimestamp: time,
  lastTimestamp: time,
  eventTime: time,
});

/** Something that the cluster says has happened, however often. */
export interface Happened {
  /** When it was last seen, in UTC and whole seconds. */
  readonly last: string;
  readonly type: string;
  readonly reason: string;
  /** `pod/web-1`; with the namespace before it where events of all are asked for. */
  readonly object: string;
  readonly count: number;
  readonly message: string;
}

/** What is shown of one to a model. */
export const happenedMembers = {
  last: z.string().describe("Last seen, UTC"),
  type: z.string().describe("Normal or Warning"),
  reason: z.string().describe("A word for it"),
  object: z.string().describe("kind/name"),
  count: z.int().describe("How often"),
  message: z.string().describe("In words"),
};

/** Events, the newest first; those that say the same of the same object are one, and their counts are added. */
export async function listHappened(
  objects: Pick<ClusterObjects, "listObjects">,
  query: Omit<ObjectQuery, "kind">,
  call: ClusterCall,
): Promise<ListedWhole & { readonly happened: readonly Happened[]; readonly looked: number }> {
  const { items, ...list } = await objects.listObjects({ kind: EVENT, ...query }, eventSchema, call);
  const merged = new Map<string, Happened>();
  for (const item of items) {
    const event = happenedOf(item, query.namespace === undefined);
    const key = JSON.stringify([event.type, event.reason, event.object, event.message]);
    const other = merged.get(key);
    const last = other && other.last > event.last ? other.last : event.last;
    merged.set(key, { ...event, last, count: event.count + (other?.count ?? 0) });
  }
  const happened = [...merged.values()].sort((a, b) => a.last < b.last ? 1 : a.last > b.last ? -1 : 0);
  return { ...list, happened, looked: items.length };
}

/** What the fields of events are called in a selector. */
export function eventFields(
  { kind, name, type, reason }: {
    readonly kind?: string | undefined;
    readonly name?: string | undefined;
    readonly type?: string | undefined;
    readonly reason?: string | undefined;
  },
): string | undefined {
  const parts = Object.entries({ "involvedObject.kind": kind, "involvedObject.name": name, type, reason })
    .flatMap(([field, value]) => value === undefined ? [] : [`${field}=${value}`]);
  return parts.length === 0 ? undefined : parts.join(",");
}

function happenedOf(event: z.output<typeof eventSchema>, isEverywhere: boolean): Happened {
  const { involvedObject: { kind = "", name = "", namespace, fieldPath }, series } = event;
  const seen = series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ??
    event.metadata.creationTimestamp ?? "";
  const container = /\{(.+)\}$/.exec(fieldPath ?? "")?.[1];
  const message = (event.message ?? "").trim();
  return {
    last: seen.replace(/\.\d+Z$/, "Z"),
    type: event.type ?? "Normal",
    reason: event.reason ?? "",
    object: `${isEverywhere && namespace ? `${namespace}/` : ""}${kind.toLowerCase()}/${name}`,
    count: series?.count ?? event.count ?? 1,
    message: shorten(
      container === undefined || message.includes(container) ? message : `${container}: ${message}`,
      MESSAGE_CHARS_MAX,
    ),
  };
}
