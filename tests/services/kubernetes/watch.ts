import type { ServerResponse } from "node:http";
import { type Access, refuse } from "./access.ts";
import type { Answer } from "./answer.ts";
import { type Recorded, recordedText } from "./recorded.ts";
import type { World, WorldPod } from "./world.ts";

type EventType = "ADDED" | "MODIFIED" | "DELETED";

interface PodEvent {
  readonly type: EventType;
  readonly version: number;
  readonly namespace: string;
  readonly pod: WorldPod;
}

interface Watcher {
  readonly namespace: string;
  readonly response: ServerResponse;
  /** A watch tells its columns once. */
  columns: Recorded | undefined;
}

/** The API's watches of pods: what happened is kept until it is forgotten, and told to who watches, as Tables. */
export class PodStream {
  readonly #world: World;
  readonly #events: PodEvent[] = [];
  readonly #watchers = new Set<Watcher>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Watches that are open now. */
  get open(): number {
    return this.#watchers.size;
  }

  /** What refuses a watch before it begins; `undefined` for one that may begin, or for what is none. */
  static refusal({ pathname }: URL, access: Access): Answer | undefined {
    return refuse(access, { verb: "watch", resource: "pods", namespace: namespaceOf(pathname) });
  }

  static isWatch({ pathname, searchParams }: URL): boolean {
    return searchParams.get("watch") === "true" && namespaceOf(pathname) !== undefined;
  }

  /** Answers a watch: what came since its version, and then what comes. */
  begin({ pathname, searchParams }: URL, response: ServerResponse): void {
    const namespace = namespaceOf(pathname) ?? "";
    const since = Number(searchParams.get("resourceVersion"));
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (since < this.#world.oldestVersion) {
      response.end(recordedText("watch/410-too-old.ndjson"));
      return;
    }
    const watcher: Watcher = { namespace, response, columns: this.#world.columnDefinitions };
    for (const event of this.#events) if (event.version > since) this.#tell(watcher, event);
    this.#watchers.add(watcher);
    response.once("close", () => this.#watchers.delete(watcher));
  }

  /** Something happened to a pod. */
  happened(type: EventType, namespace: string, pod: WorldPod): void {
    const event = { type, version: ++this.#world.version, namespace, pod };
    this.#events.push(event);
    for (const watcher of this.#watchers) this.#tell(watcher, event);
  }

  /** Tells how far it is. */
  bookmark(): void {
    const metadata = { resourceVersion: String(++this.#world.version) };
    const object = { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions: null, rows: [] };
    for (const { response } of this.#watchers) response.write(line({ type: "BOOKMARK", object }));
  }

  /** From now on nobody can go on from a version of before; who watches is told so. */
  forget(): void {
    this.#events.length = 0;
    this.#world.oldestVersion = ++this.#world.version;
    for (const { response } of this.#takeAll()) response.end(recordedText("watch/410-too-old.ndjson"));
  }

  /** Breaks the connections of all watches. */
  drop(): void {
    for (const { response } of this.#takeAll()) response.socket?.destroy();
  }

  /** Ends all watches in order, as at their time. */
  end(): void {
    for (const { response } of this.#takeAll()) response.end();
  }

  /** Nothing more is told to those who watch now. */
  #takeAll(): readonly Watcher[] {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    return watchers;
  }

  #tell(watcher: Watcher, { type, version, namespace, pod: { cells } }: PodEvent): void {
    if (namespace !== watcher.namespace) return;
    const columnDefinitions = watcher.columns ?? null;
    watcher.columns = undefined;
    const metadata = { resourceVersion: String(version) };
    const rows = [{ cells, object: null }];
    const object = { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions, rows };
    watcher.response.write(line({ type, object }));
  }
}

function namespaceOf(pathname: string): string | undefined {
  return /^\/api\/v1\/namespaces\/([^/]+)\/pods$/.exec(pathname)?.[1];
}

function line(value: Recorded): string {
  return `${JSON.stringify(value)}\n`;
}
