import { Buffer } from "node:buffer";
import { z } from "zod";
import type { Tool } from "../../tools/tool.ts";
import { inputSchema } from "./schemas.ts";

/** An argument that a client repeats in a header, so that what stands between can route by it. */
interface HeaderParam {
  readonly name: string;
  readonly header: string;
}

/** `=?base64?<value>?=`: a value that no header could carry as it is. */
const ENCODED = /^=\?base64\?(.*)\?=$/s;

const propertiesSchema = z.record(z.string(), z.object({ "x-mcp-header": z.string().optional() }).catch({}));
const argumentSchema = z.union([z.string(), z.number(), z.boolean()]);

/**
 * Says why the headers of a `tools/call` of the latest era do not fit its body; `undefined` where they do. An argument
 * whose schema has `x-mcp-header` is in the header `Mcp-Param-<that>` too, and is the same there.
 *
 * The SDK looks at the other headers, and at these only for tools that it keeps itself.
 */
export type CheckParamHeaders = (
  tool: string,
  args: Readonly<Record<string, unknown>>,
  headers: Headers,
) => string | undefined;

/** @param resolve the catalogue's name of the name that a call used */
export function createParamHeaderCheck(
  tools: readonly Pick<Tool, "name" | "input">[],
  resolve: (given: string) => string,
): CheckParamHeaders {
  const params = new Map(tools.map((tool) => [tool.name, headerParamsOf(tool)]));
  return (tool, args, headers) => {
    for (const { name, header } of params.get(resolve(tool)) ?? []) {
      const value = argumentSchema.safeParse(Object.hasOwn(args, name) ? args[name] : undefined).data;
      // What is no such value is for the tool's schema to refuse.
      if (value === undefined) continue;
      const given = headers.get(header);
      if (given === null) return `Expected the argument ${JSON.stringify(name)} in the header ${header} too`;
      const decoded = decode(given);
      if (decoded === undefined) {
        return `Expected ${header} to hold padded base64 of UTF-8 text between "=?base64?" and "?="`;
      }
      const isSame = typeof value === "number"
        ? decoded.trim() !== "" && Number(decoded) === value
        : decoded === `${value}`;
      if (!isSame) return `The header ${header} and the argument ${JSON.stringify(name)} differ`;
    }
    return undefined;
  };
}

function headerParamsOf({ input }: Pick<Tool, "input">): readonly HeaderParam[] {
  const properties = propertiesSchema.safeParse(inputSchema(input)["properties"]).data ?? {};
  return Object.entries(properties).flatMap(([name, { "x-mcp-header": header }]) =>
    header === undefined ? [] : [{ name, header: `Mcp-Param-${header}` }]
  );
}

/** @returns the text that a header stands for; `undefined` where it is not encoded as it says */
function decode(value: string): string | undefined {
  const [, encoded] = ENCODED.exec(value) ?? [];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, "base64");
  // Only what encodes to the same text again: `Buffer` skips what is no base64.
  if (bytes.toString("base64") !== encoded) return undefined;
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : undefined;
}
