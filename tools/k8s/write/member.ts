import { isObject } from "../object_json.ts";
import type { ObjectJson } from "../objects.ts";
import type { PlainValue } from "./two_phases.ts";

/** A plain value deep in an object; `null` where it is not there. */
export function memberOf(object: ObjectJson, ...path: readonly string[]): PlainValue {
  const value = path.reduce<unknown>((at, name) => isObject(at) ? at[name] : undefined, object);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
