import { type CatalogueOptions, createCatalogue } from "./catalogue.ts";
import type { Clusters } from "./clusters.ts";
import type { Cluster } from "./k8s/cluster.ts";
import type { Tool } from "./tool.ts";
import { chooseToolsets } from "./toolsets.ts";

/**
 * The tools of toolsets, to look at: none is run, so that what they act on is not needed, and building them touches none
 * of it.
 *
 * @param words as `chooseToolsets` takes them
 * @param clusters those of the server; left out where it asks one alone
 */
export async function listedTools(words: readonly string[], clusters?: Clusters): Promise<readonly Tool[]> {
  const unopened = clusters && { ...clusters, byName: new Map(clusters.names.map((name) => [name, {} as Cluster])) };
  return await createCatalogue({ toolsets: chooseToolsets(words), clusters: unopened } as CatalogueOptions);
}
