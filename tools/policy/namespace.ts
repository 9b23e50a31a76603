import type { AccessedTool } from "../authorizer.ts";
import type { NameTest } from "./glob.ts";

/** Arguments as the tool will get them. */
export type Arguments = Readonly<Record<string, unknown>>;

/** Whether rules of namespaces bind the tool: whether it has an argument of that name. */
export function takesNamespace({ input }: AccessedTool): boolean {
  return Object.hasOwn(input.shape, "namespace");
}

/** Whether a call stays within namespaces; `undefined` where it names none. */
export function isInNamespaces({ namespace }: Arguments, test: NameTest): boolean | undefined {
  return typeof namespace === "string" ? test(namespace) : undefined;
}
