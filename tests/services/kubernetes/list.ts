import { Buffer } from "node:buffer";
import { type Answer, failure, json, recordedFailure } from "./answer.ts";
import type { Recorded } from "./recorded.ts";
import { fits } from "./selectors.ts";
import type { World, WorldPod } from "./world.ts";

/** What a list is made of. */
export interface Listed {
  /** `PodList` */
  readonly kind: string;
  readonly apiVersion: string;
  readonly resourceVersion: string;
  readonly oldestVersion: number;
  readonly columnDefinitions: Recorded;
  /** By name, in the API's order. */
  readonly rows: readonly WorldPod[];
}

/** The pods of a namespace. */
export function listPods(world: World, namespace: string, query: URLSearchParams, accept: string): Answer {
  const { resourceVersion, oldestVersion, columnDefinitions, namespaces } = world;
  const rows = namespaces.get(namespace) ?? [];
  return list(
    { kind: "PodList", apiVersion: "v1", resourceVersion, oldestVersion, columnDefinitions, rows },
    query,
    accept,
  );
}

/** A list: a Table, metadata alone, or whole objects, in pages. */
export function list(listed: Listed, query: URLSearchParams, accept: string): Answer {
  const { kind, apiVersion, resourceVersion } = listed;
  const limitText = query.get("limit") ?? "0";
  if (!/^\d+$/.test(limitText)) return recordedFailure("errors/400-limit.json", { abc: limitText });
  const selected = listed.rows.filter(({ object }) => fits(object, query));
  const token = readToken(query.get("continue"));
  if (token === "malformed") return recordedFailure("errors/400-continue.json");
  if (token && token.rv >= 0 && token.rv < listed.oldestVersion) return expired(token);
  const rest = token ? selected.filter(({ name }) => `${name}\0` > token.start.replace(/^\//, "")) : selected;
  const page = rest.slice(0, Number(limitText) || rest.length);
  const last = page.at(-1);
  const isLast = page.length === rest.length || !last;
  const isSelected = query.has("fieldSelector") || query.has("labelSelector");
  const metadata = {
    resourceVersion,
    ...(!isLast && {
      continue: writeToken(resourceVersion, last.name),
      remainingItemCount: isSelected ? undefined : rest.length - page.length,
    }),
  };
  if (accept.includes("as=Table")) return json(table(listed, metadata, page, query.get("includeObject")));
  if (accept.includes("as=PartialObjectMetadataList")) {
    return json({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata,
      items: page.map(partial),
    });
  }
  if (!/application\/json|\*\/\*/.test(accept)) return recordedFailure("errors/406-accept.json");
  return json({ kind, apiVersion, metadata, items: page.map(({ object }) => withoutKind(object)) });
}

function table(
  { columnDefinitions }: Listed,
  metadata: Recorded,
  page: readonly WorldPod[],
  includeObject: string | null,
): Recorded {
  const rows = page.map((row) => ({
    cells: row.cells,
    object: includeObject === "None" ? null : includeObject === "Object" ? row.object : partial(row),
  }));
  return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata, columnDefinitions, rows };
}

function partial({ object }: WorldPod): Recorded {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

/** Items of a list do not repeat what the list says. */
function withoutKind({ kind: _kind, apiVersion: _apiVersion, ...object }: Recorded): Recorded {
  return object;
}

interface Token {
  readonly v: string;
  readonly rv: number;
  readonly start: string;
}

function writeToken(resourceVersion: string, lastName: string): string {
  const token: Token = { v: "meta.k8s.io/v1", rv: Number(resourceVersion), start: `/${lastName}\0` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

function readToken(text: string | null): Token | undefined | "malformed" {
  if (text === null) return undefined;
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return "malformed";
  }
}

/** With a token for the rest, which no longer insists on the version. */
function expired(token: Token): Answer {
  const next = Buffer.from(JSON.stringify({ ...token, rv: -1, start: token.start.replace(/^\//, "") }))
    .toString("base64url");
  const answer = recordedFailure("errors/410-expired-continue.json");
  const body = JSON.parse(String(answer.body));
  return json({ ...body, metadata: { continue: next } }, answer.status);
}

/** Names of namespaces, as whole objects or as metadata alone; the fields that no test reads are left out. */
export function listNamespaces(world: World, accept: string): Answer {
  const items = Array.from(world.namespaces.keys(), (name) => ({ metadata: { name } }));
  const metadata = { resourceVersion: world.resourceVersion };
  return accept.includes("as=PartialObjectMetadataList")
    ? json({ kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items })
    : json({ kind: "NamespaceList", apiVersion: "v1", metadata, items });
}

export function getNamespace(world: World, name: string): Answer {
  if (!world.namespaces.has(name)) {
    return failure(404, "NotFound", `namespaces "${name}" not found`, { name, kind: "namespaces" });
  }
  return json({ kind: "Namespace", apiVersion: "v1", metadata: { name }, status: { phase: "Active" } });
}
