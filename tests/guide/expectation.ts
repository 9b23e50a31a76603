import assert from "node:assert/strict";

/**
 * Compares a reply with what the guide prints. In the guide's print an object's member "…" allows further members, and
 * a list that begins with a text "…" holds its items in any place among others; all else is equal to the letter.
 */
export function assertAsPrinted(actual: unknown, printed: unknown, path = "reply"): void {
  if (Array.isArray(printed)) {
    assert(Array.isArray(actual), `${path} is a list`);
    const [mark, ...items] = printed;
    if (typeof mark === "string" && mark.startsWith("…")) {
      for (const item of items) {
        assert(actual.some((candidate) => isAsPrinted(candidate, item)), `${path} lacks ${JSON.stringify(item)}`);
      }
      return;
    }
    assert.equal(actual.length, printed.length, `${path} has as many items`);
    printed.forEach((item, index) => assertAsPrinted(actual[index], item, `${path}[${index}]`));
    return;
  }
  if (typeof printed !== "object" || printed === null) return assert.deepEqual(actual, printed, path);
  assert(typeof actual === "object" && actual !== null, `${path} is an object`);
  const { "…": open, ...members } = printed as Record<string, unknown>;
  const names = Object.keys(actual);
  const expected = Object.keys(members);
  // Members come in the guide's order, further ones after them.
  assert.deepEqual(open === undefined ? names : names.slice(0, expected.length), expected, `${path} has these members`);
  for (const name of expected) assertAsPrinted(Reflect.get(actual, name), members[name], `${path}.${name}`);
}

function isAsPrinted(actual: unknown, printed: unknown): boolean {
  try {
    assertAsPrinted(actual, printed);
    return true;
  } catch {
    return false;
  }
}
