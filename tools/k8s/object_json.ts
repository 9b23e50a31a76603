import { isSecretName } from "../redaction/names.ts";
import { REDACTED } from "../redaction/pattern.ts";
import type { ObjectJson } from "./objects.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
/** A Secret's members that say how it is kept, and not what. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set(["apiVersion", "kind", "type", "immutable"]);

/**
 * An object without what is never shown: which manager wrote which field, the copy of the manifest that `kubectl apply`
 * leaves behind, and everything of a Secret but the names of what it holds.
 */
export function shownObject(object: ObjectJson): ObjectJson {
  const metadata = isObject(object["metadata"]) ? shownMetadata(object["metadata"]) : {};
  if (object["kind"] !== "Secret") return { ...hideInArguments(without(object, "metadata")), metadata };
  const { annotations, ...rest } = metadata;
  const names = (member: unknown) => isObject(member) ? Object.keys(member) : [];
  return {
    ...Object.fromEntries(Object.entries(object).filter(([name]) => SECRET_MEMBERS.has(name))),
    metadata: { ...rest, ...(annotations !== undefined && { annotation_names: names(annotations) }) },
    // Not `data`: redaction would hide the names too.
    keys: [...names(object["data"]), ...names(object["stringData"])],
  };
}

function shownMetadata({ managedFields: _, annotations, ...rest }: ObjectJson): ObjectJson {
  if (!isObject(annotations)) return rest;
  const kept = Object.entries(annotations).filter(([name]) => name !== LAST_APPLIED);
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

function without(object: ObjectJson, name: string): ObjectJson {
  return Object.fromEntries(Object.entries(object).filter(([member]) => member !== name));
}

/** A program's secret may be an item of its own, which only the item before it gives away: `["--password", "…"]`. */
function hideInArguments<T>(value: T, isArguments = false): T {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.map((item, index) => {
      const [, option] = /^--?([\w.-]+)$/.exec(String(isArguments ? items[index - 1] : "")) ?? [];
      const isSecret = typeof item === "string" && !item.startsWith("-") && option !== undefined &&
        isSecretName(option);
      return isSecret ? REDACTED : hideInArguments(item);
    }) as T; // As long, and of the same types.
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value)
    .map(([name, member]) => [name, hideInArguments(member, name === "args" || name === "command")]);
  return Object.fromEntries(members);
}

export function isObject(value: unknown): value is ObjectJson {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
