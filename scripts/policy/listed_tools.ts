import { type CatalogueOptions, createCatalogue } from "../../tools/catalogue.ts";
import type { Tool } from "../../tools/tool.ts";

/** The server's tools, to look at: none is run, so that what they act on is not needed. */
export function listedTools(): readonly Tool[] {
  return createCatalogue({} as CatalogueOptions);
}
