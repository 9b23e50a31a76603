/** A member that must not stand in a policy: it stands there twice, or zod leaves it out in silence. */
export interface OddMember {
  readonly path: readonly (string | number)[];
  readonly kind: "twice" | "__proto__";
}

/** An object or array that is open. */
interface Level {
  /** `undefined` in an array. */
  readonly keys: Set<string> | undefined;
  at: string | number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs;

/**
 * Members that reading passes over in silence: of two with one name `JSON.parse` takes the last, so that a role that
 * is written twice loses half of what it says.
 *
 * @param text valid JSON
 */
export function findOddMembers(text: string): readonly OddMember[] {
  const found: OddMember[] = [];
  const levels: Level[] = [];
  let isKey = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    if (token === "{" || token === "[") {
      levels.push({ keys: token === "{" ? new Set() : undefined, at: 0 });
      isKey = token === "{";
    } else if (token === "}" || token === "]") {
      levels.pop();
      isKey = false;
    } else if (token === "," && level) {
      isKey = level.keys !== undefined;
      if (typeof level.at === "number") level.at++;
    } else if (isKey && level?.keys) {
      const key: string = JSON.parse(token);
      level.at = key;
      if (key === "__proto__" || level.keys.has(key)) {
        found.push({ path: levels.map(({ at }) => at), kind: key === "__proto__" ? key : "twice" });
      }
      level.keys.add(key);
      isKey = false;
    }
  }
  return found;
}
