import { z } from "zod";
import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import { parseAnswer } from "./answer_json.ts";
import type { KubernetesApi } from "./api.ts";
import type { ClusterCall } from "./cluster.ts";
import { shownRole } from "./forbidden.ts";
import { accountWords } from "./identity.ts";

/** A namespace's name as an argument; Kubernetes allows a DNS label. */
export const namespaceName = z.string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "Use a namespace's name: lower-case letters, digits and hyphens")
  .describe("Namespace");

const METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
const METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
const GET_NAMESPACES = { verb: "get", resource: "namespaces", apiGroup: "", namespace: undefined };
const NAMESPACES_MAX = 500;
const NAMES_SHOWN_MAX = 10;
const BYTES_MAX = 4_194_304;

const namespaceListSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/**
 * Makes sure that a namespace in which nothing was found is there: the API lists a missing one as empty.
 *
 * @returns what to warn of: the account may not be allowed to look.
 * @throws {ToolError} `not_found`, naming those there are where the account may list them.
 */
export async function checkNamespace(
  api: Pick<KubernetesApi, "get" | "refusal" | "identityOf">,
  namespace: string,
  call: ClusterCall,
): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const answer = await api.get({ path, accept: METADATA, bytesMax: BYTES_MAX }, call);
  switch (answer.status) {
    case 200:
      return [];
    case 403:
      return [
        `Nothing was found, but whether namespace "${namespace}" exists is not known: ` +
        `${accountWords(api.identityOf(call))} may not get namespaces; ${shownRole(GET_NAMESPACES)} allows it`,
      ];
    case 404:
      throw notFound(namespace, await listNames(api, call));
    default:
      throw api.refusal(answer, `look for namespace "${namespace}"`, call);
  }
}

async function listNames(api: Pick<KubernetesApi, "get">, call: ClusterCall): Promise<readonly string[]> {
  const path = "/api/v1/namespaces";
  const query = { limit: NAMESPACES_MAX };
  const answer = await api.get({ path, query, accept: METADATA_LIST, bytesMax: BYTES_MAX }, call);
  if (answer.status !== 200) return [];
  return parseAnswer(answer, namespaceListSchema).items.map(({ metadata }) => metadata.name);
}

function notFound(namespace: string, names: readonly string[]): ToolError {
  const near = nearest(namespace, names);
  const shown = [...near, ...names.filter((name) => !near.includes(name))].slice(0, NAMES_SHOWN_MAX);
  const others = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
  const there = shown.map((name) => `"${name}"`).join(", ");
  return new ToolError(
    "not_found",
    `Cannot find namespace "${namespace}"` + (there ? `: the cluster has ${there}${others}` : ""),
    {
      hint: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "Check the namespace's name",
      data: { near },
    },
  );
}
