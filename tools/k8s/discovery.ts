import { z } from "zod";
import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import { parseAnswer } from "./answer_json.ts";
import type { KubernetesApi } from "./api.ts";
import type { ClusterCall } from "./cluster.ts";
import { KeptAnswers } from "./kept_answers.ts";
import type { KindWanted, ObjectKind } from "./objects.ts";

/** All groups in two requests; clusters before 1.26 know only one request a group. */
const AGGREGATED = ["v2", "v2beta1"].map((version) =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
).join(",");
/** A cluster with thousands of custom kinds has some MB. */
const BYTES_MAX = 16_777_216;
const KEPT_MS = 60_000;
/** One set of kinds an identity: some 100 KB. */
const IDENTITIES_MAX = 50;

const discoverySchema = z.object({
  kind: z.literal("APIGroupDiscoveryList"),
  items: z.array(z.object({
    metadata: z.object({ name: z.string().optional() }),
    versions: z.array(z.object({
      version: z.string(),
      resources: z.array(z.object({
        resource: z.string(),
        responseKind: z.object({ kind: z.string() }).optional(),
        scope: z.string(),
        singularResource: z.string().optional(),
        shortNames: z.array(z.string()).optional(),
        verbs: z.array(z.string()),
      })).nullish(),
    })),
  })).nullish(),
});

/** The kinds of objects that the cluster knows, kept for a minute for each identity. */
export class Discovery implements Disposable {
  readonly #api: Pick<KubernetesApi, "get" | "identityOf" | "refusal">;
  readonly #kept: KeptAnswers<readonly ObjectKind[]>;
  readonly #closing = new AbortController();

  constructor(api: Pick<KubernetesApi, "get" | "identityOf" | "refusal">, elapsed: () => number) {
    this.#api = api;
    this.#kept = new KeptAnswers(IDENTITIES_MAX, elapsed);
  }

  /**
   * The kind that a caller means. Where several groups have it, the one that the cluster names first is meant, as by
   * kubectl.
   *
   * @throws {ToolError} `not_found` for one that there is not, with the near ones.
   */
  async find({ kind, group, version }: KindWanted, call: ClusterCall): Promise<ObjectKind> {
    const kinds = await this.#kinds(call);
    const lower = kind.toLowerCase();
    const found = kinds.find((one) =>
      (group === undefined || one.group === group) && (version === undefined || one.version === version) &&
      namesOf(one).includes(lower)
    );
    if (found) return found;
    const others = kinds.filter((one) => namesOf(one).includes(lower)).map((one) =>
      `${one.group || "core"}/${one.version}`
    );
    const near = nearest(lower, new Set(kinds.map(({ plural }) => plural)));
    throw new ToolError(
      "not_found",
      `Cannot find kind "${kind}"${wordsOf(group, version)}: the cluster does not have it`,
      {
        hint: others.length > 0
          ? `It is in ${others.join(", ")}`
          : near.length > 0
          ? `Did you mean ${near.join(" or ")}?`
          : "Name a kind, plural or short name as kubectl takes it",
        data: { near },
      },
    );
  }

  [Symbol.dispose](): void {
    this.#closing.abort(new ToolError("unavailable", "The connection to the cluster is closed"));
  }

  /** Goes on when one of those who wait for it goes away: it is small, and the next will want it too. */
  #kinds(call: ClusterCall): Promise<readonly ObjectKind[]> {
    const shared = { ...call, signal: this.#closing.signal };
    return this.#kept.get(this.#api.identityOf(call).key, async () => {
      const parts = await Promise.all(["/api", "/apis"].map((path) => this.#ask(path, shared)));
      return { value: parts.flat(), keepMs: KEPT_MS };
    });
  }

  async #ask(path: string, call: ClusterCall): Promise<readonly ObjectKind[]> {
    const answer = await this.#api.get({ path, accept: AGGREGATED, bytesMax: BYTES_MAX }, call);
    if (answer.status === 406) {
      throw new ToolError("tool_failed", "Cannot tell which kinds the cluster has: it is older than Kubernetes 1.27", {
        hint: "k8s.workloads, k8s.events, k8s.describe_pod and k8s.nodes work without",
      });
    }
    if (answer.status !== 200) throw this.#api.refusal(answer, "ask which kinds the cluster has", call);
    return (parseAnswer(answer, discoverySchema).items ?? []).flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources }) =>
        (resources ?? []).filter(({ verbs }) => verbs.includes("list") || verbs.includes("get")).map((
          one,
        ): ObjectKind => ({
          kind: one.responseKind?.kind ?? one.resource,
          group: metadata.name ?? "",
          version,
          plural: one.resource,
          singular: one.singularResource ?? "",
          shortNames: one.shortNames ?? [],
          namespaced: one.scope === "Namespaced",
        }))
      )
    );
  }
}

function namesOf({ kind, group, plural, singular, shortNames }: ObjectKind): readonly string[] {
  return [kind.toLowerCase(), plural, singular, ...shortNames, `${plural}.${group}`, `${singular}.${group}`];
}

function wordsOf(group: string | undefined, version: string | undefined): string {
  return (group === undefined ? "" : ` of group "${group}"`) +
    (version === undefined ? "" : ` in version "${version}"`);
}
