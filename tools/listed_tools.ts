import { type CatalogueOptions, createCatalogue } from "./catalogue.ts";
import type { Tool } from "./tool.ts";
import { chooseToolsets } from "./toolsets.ts";

/**
 * The tools of toolsets, to look at: none is run, so that what they act on is not needed, and building them touches none
 * of it.
 *
 * @param words as `chooseToolsets` takes them
 */
export async function listedTools(words: readonly string[]): Promise<readonly Tool[]> {
  return await createCatalogue({ toolsets: chooseToolsets(words) } as CatalogueOptions);
}
