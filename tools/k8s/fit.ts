import { Buffer } from "node:buffer";
import { shorten } from "./list_notes.ts";
import { isObject } from "./object_json.ts";

/** Bytes below which a part is not left out: the words for it would be as long. */
const PART_BYTES_MIN = 120;

export interface Fitted {
  readonly value: unknown;
  /** Paths of what was left out, as `partAt` takes them. */
  readonly left: readonly string[];
}

/**
 * A JSON value in at most about so many bytes: small parts stay whole, and of large ones that do not fit stands where to
 * find them.
 */
export function fit(value: unknown, bytesMax: number, path = ""): Fitted {
  if (sizeOf(value) <= bytesMax) return { value, left: [] };
  if (typeof value === "string") {
    const kept = shorten(value, Math.max(0, Math.floor(bytesMax / 2)));
    return { value: `${kept} (${Buffer.byteLength(value)} bytes)`, left: [path] };
  }
  if (Array.isArray(value)) return fitItems(value, bytesMax, path);
  if (isObject(value)) return fitMembers(Object.entries(value), bytesMax, path);
  return { value, left: [] };
}

/** The part of a value at a path such as `spec.containers[0]["a.b/c"]`; `undefined` where there is none. */
export function partAt(value: unknown, path: string): unknown {
  const steps = path.matchAll(/\[(\d+)\]|\["([^"]*)"\]|([^.[\]]+)/g);
  return Array.from(steps).reduce<unknown>((part, [, index, quoted, name]) => {
    if (Array.isArray(part)) return part[Number(index ?? name)];
    const member = quoted ?? name ?? index ?? "";
    return isObject(part) && Object.hasOwn(part, member) ? part[member] : undefined;
  }, value);
}

/** The small ones first, so that the large ones share what is left. */
function fitMembers(members: readonly (readonly [string, unknown])[], bytesMax: number, path: string): Fitted {
  const bySize = members.map(([name, member]) => ({ name, member, bytes: sizeOf(member) + name.length + 4 }))
    .sort((a, b) => a.bytes - b.bytes);
  const fitted = new Map<string, unknown>();
  const left: string[] = [];
  let room = bytesMax;
  for (const [index, { name, member, bytes }] of bySize.entries()) {
    const share = Math.floor(room / (bySize.length - index));
    const at = stepTo(path, name);
    if (bytes > share && share < PART_BYTES_MIN) {
      left.push(at);
      continue;
    }
    const part = fit(member, share - name.length - 4, at);
    fitted.set(name, part.value);
    left.push(...part.left);
    room -= sizeOf(part.value) + name.length + 4;
  }
  // In the order in which they came.
  const kept = members.flatMap(([name]) => fitted.has(name) ? [[name, fitted.get(name)]] : []);
  return { value: Object.fromEntries(kept), left };
}

function fitItems(items: readonly unknown[], bytesMax: number, path: string): Fitted {
  const kept: unknown[] = [];
  const left: string[] = [];
  let room = bytesMax - PART_BYTES_MIN;
  for (const [index, item] of items.entries()) {
    if (room < PART_BYTES_MIN && index > 0) {
      left.push(path);
      kept.push(`… ${items.length - index} more`);
      break;
    }
    const part = fit(item, Math.max(room, PART_BYTES_MIN), `${path}[${index}]`);
    kept.push(part.value);
    left.push(...part.left);
    room -= sizeOf(part.value) + 1;
  }
  return { value: kept, left };
}

function stepTo(path: string, name: string): string {
  if (!/^[\w-]+$/.test(name)) return `${path}["${name}"]`;
  return path === "" ? name : `${path}.${name}`;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}
