import { z } from "zod";
import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import { parseAnswer } from "./answer_json.ts";
import type { KubernetesApi } from "./api.ts";
import type { ClusterCall } from "./cluster.ts";
import { Discovery } from "./discovery.ts";
import type { ApiAnswer } from "./http.ts";
import { checkNamespace } from "./namespace.ts";
import { shownObject } from "./object_json.ts";
import { parseObjectPage, parseTablePage, TABLE_ACCEPT, type TablePage } from "./object_page.ts";
import type {
  ClusterObjects,
  ListedWhole,
  ObjectJson,
  ObjectKind,
  ObjectList,
  ObjectQuery,
  ObjectRef,
  ObjectTable,
} from "./objects.ts";
import { refusalMessage } from "./refusal.ts";
import { type Aged, StaleReads } from "./stale_reads.ts";

/** Objects a request, and of one list: more are said, not read. */
const PAGE_OBJECTS = 500;
const LIST_OBJECTS_MAX = 10_000;
/** 500 whole objects are mostly under 5 MB; more than this is no page of them. */
const PAGE_BYTES_MAX = 33_554_432;
/** etcd takes no object over 1.5 MB. */
const OBJECT_BYTES_MAX = 4_194_304;
/** Names that are compared with one that was not found. */
const NAMES_COMPARED_MAX = 500;
/** Lists that are kept; the longest has some MB. */
const KEPT_LISTS_MAX = 16;
const FRESH_MS = 3_000;
const STALE_MS = 30_000;
const METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

const objectSchema = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });
const namesSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })).nullish() });

interface Whole<Item> {
  readonly columns: readonly string[];
  readonly items: readonly Item[];
  readonly more: boolean;
  readonly warnings: readonly string[];
}

/** How one page of a list is asked for and read. */
interface PageReader<Item> {
  readonly accept: string;
  readonly query: Readonly<Record<string, string>>;
  parse(
    answer: ApiAnswer,
  ): { readonly columns: readonly string[]; readonly items: readonly Item[]; readonly next?: string | undefined };
}

/** A cluster's objects over its API. Disposing it ends what is read for nobody in particular. */
export class KubernetesObjects implements ClusterObjects, Disposable {
  readonly #api: KubernetesApi;
  readonly #discovery: Discovery;
  /** Each schema is its own key, and so each key has its own type. */
  readonly #lists: StaleReads<Whole<unknown>>;
  readonly #schemaKeys = new WeakMap<z.ZodType, number>();
  #schemas = 0;

  constructor(api: KubernetesApi, elapsed: () => number) {
    this.#api = api;
    this.#discovery = new Discovery(api, elapsed);
    this.#lists = new StaleReads({ entriesMax: KEPT_LISTS_MAX, freshMs: FRESH_MS, staleMs: STALE_MS, elapsed });
  }

  findKind(...args: Parameters<ClusterObjects["findKind"]>): Promise<ObjectKind> {
    return this.#discovery.find(...args);
  }

  async listTable(query: ObjectQuery, call: ClusterCall): Promise<ObjectTable> {
    // Only the metadata of rows says which namespace they are in.
    const includeObject = query.namespace === undefined && query.kind.namespaced ? "Metadata" : "None";
    const reader = { accept: TABLE_ACCEPT, query: { includeObject }, parse: parseTablePage };
    const { items: rows, columns, ...whole } = await this.#list<TablePage["items"][number]>(
      "table",
      reader,
      query,
      call,
    );
    return { ...whole, columns, rows };
  }

  async listObjects<T>(query: ObjectQuery, schema: z.ZodType<T>, call: ClusterCall): Promise<ObjectList<T>> {
    const key = this.#schemaKeys.get(schema) ?? ++this.#schemas;
    this.#schemaKeys.set(schema, key);
    const parse = (answer: ApiAnswer) => parseObjectPage(answer, query.kind, schema);
    const { columns: _, ...list } = await this.#list<T>(
      `objects ${key}`,
      { accept: "application/json", query: {}, parse },
      query,
      call,
    );
    return list;
  }

  async getObject({ kind, namespace, name }: ObjectRef, call: ClusterCall): Promise<ObjectJson> {
    const { group, plural: resource } = kind;
    const answer = await this.#api.get({
      path: `${pathOf(kind, namespace)}/${encodeURIComponent(name)}`,
      accept: "application/json",
      bytesMax: OBJECT_BYTES_MAX,
      right: { verb: "get", resource, group, namespace, name },
    }, call);
    if (answer.status === 404) throw await this.#notFound({ kind, namespace, name }, answer, call);
    if (answer.status !== 200) throw this.#api.refusal(answer, `get ${wordsOf(kind, namespace, name)}`, call);
    // An object that does not say its kind is of the one that was asked for.
    return shownObject({ kind: kind.kind, ...parseAnswer(answer, objectSchema) });
  }

  review(...args: Parameters<ClusterObjects["review"]>): ReturnType<ClusterObjects["review"]> {
    return this.#api.review(...args);
  }

  [Symbol.dispose](): void {
    this.#discovery[Symbol.dispose]();
    this.#lists[Symbol.dispose]();
  }

  async #list<Item>(
    form: string,
    reader: PageReader<Item>,
    query: ObjectQuery,
    call: ClusterCall,
  ): Promise<Whole<Item> & ListedWhole> {
    const { kind, namespace, labels, fields } = query;
    const identity = this.#api.identityOf(call).key;
    const key = JSON.stringify([identity, form, kind.group, kind.version, kind.plural, namespace, labels, fields]);
    const read = await this.#lists.read(
      key,
      call.signal,
      (signal) => this.#readAll(reader, query, { ...call, signal }),
    );
    const { value, ageSeconds } = read as Aged<Whole<Item>>; // By the form in its key.
    return { ...value, ageSeconds };
  }

  /** Every page, up to the bound. */
  async #readAll<Item>(reader: PageReader<Item>, query: ObjectQuery, call: ClusterCall): Promise<Whole<Item>> {
    const items: Item[] = [];
    let columns: readonly string[] = [];
    let next: string | undefined;
    do {
      const page = reader.parse(await this.#page(reader, query, next, call));
      columns = page.columns;
      items.push(...page.items);
      next = page.next;
    } while (next !== undefined && items.length < LIST_OBJECTS_MAX);
    const warnings = items.length === 0 && query.namespace !== undefined
      ? await checkNamespace(this.#api, query.namespace, call)
      : [];
    return { columns, items, more: next !== undefined, warnings };
  }

  async #page(
    { accept, query: more }: Pick<PageReader<unknown>, "accept" | "query">,
    { kind, namespace, labels, fields }: ObjectQuery,
    next: string | undefined,
    call: ClusterCall,
  ): Promise<ApiAnswer> {
    const { group, plural: resource } = kind;
    const action = `list ${wordsOf(kind, namespace)}`;
    const answer = await this.#api.get({
      path: pathOf(kind, namespace),
      query: { limit: PAGE_OBJECTS, continue: next, labelSelector: labels, fieldSelector: fields, ...more },
      accept,
      bytesMax: PAGE_BYTES_MAX,
      right: { verb: "list", resource, group, namespace },
    }, call);
    if (answer.status === 410) {
      throw new ToolError("conflict", `Cannot ${action}: the list changed while it was read`, { hint: "Call again" });
    }
    if (answer.status === 400) {
      throw new ToolError("invalid_params", `Cannot ${action}: ${refusalMessage(answer)}`, {
        hint: "Check the selectors: app=web,tier!=db for labels; fields differ by kind",
      });
    }
    if (answer.status !== 200) throw this.#api.refusal(answer, action, call);
    return answer;
  }

  /** With the names that are near it, where the account may list them. */
  async #notFound(
    { kind, namespace, name }: ObjectRef,
    answer: ApiAnswer,
    call: ClusterCall,
  ): Promise<ToolError> {
    const query = { limit: NAMES_COMPARED_MAX };
    const names = await this.#api.get(
      { path: pathOf(kind, namespace), query, accept: METADATA_LIST, bytesMax: PAGE_BYTES_MAX },
      call,
    );
    if (names.status === 404) return this.#api.refusal(answer, `get ${wordsOf(kind, namespace, name)}`, call);
    const there = names.status === 200 ? parseAnswer(names, namesSchema).items ?? [] : [];
    if (there.length === 0 && namespace !== undefined) await checkNamespace(this.#api, namespace, call);
    const near = nearest(name, there.map(({ metadata }) => metadata.name));
    return new ToolError("not_found", `Cannot find ${wordsOf(kind, namespace, name)}`, {
      hint: near.length > 0
        ? `Did you mean ${near.join(" or ")}?`
        : `k8s.list with kind ${kind.plural} lists those there are`,
      data: { near },
    });
  }
}

function pathOf({ group, version, plural }: ObjectKind, namespace: string | undefined): string {
  const base = group === "" ? `/api/${version}` : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
  return `${base}${namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`}/${
    encodeURIComponent(plural)
  }`;
}

function wordsOf({ plural, singular }: ObjectKind, namespace: string | undefined, name?: string): string {
  const where = namespace === undefined ? "" : ` in namespace "${namespace}"`;
  return name === undefined ? `${plural}${where}` : `${singular || plural} "${name}"${where}`;
}
