import { z } from "zod";

type JsonSchema = Readonly<Record<string, unknown>>;

/** The arguments of a tool in JSON Schema 2020-12, which is what these protocol revisions take where none is named. */
export function inputSchema(schema: z.ZodType): { readonly type: "object" } & JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return { ...rest, type: "object" };
}

/**
 * The result of a tool, in few words: its members with their types and, of lists of objects, what each item has. A
 * model pays for every word of it in every conversation, and reads the members' meaning in the tool's description.
 */
export function outputSchema(schema: z.ZodType): { readonly type: "object" } & JsonSchema {
  const { properties = {}, required } = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" });
  const members = Object.entries(properties).map(([name, member]) => [name, summarize(member)]);
  return { type: "object", properties: Object.fromEntries(members), ...(required && { required }) };
}

function summarize(schema: unknown): JsonSchema {
  if (!isSchema(schema)) return {};
  const { type, items, enum: words } = schema;
  const item = isSchema(items) ? items : {};
  const names = Array.isArray(item["required"]) && item["required"].length > 0;
  return {
    ...(type !== undefined && { type }),
    ...(words !== undefined && { enum: words }),
    ...(names && { items: { required: item["required"] } }),
  };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
