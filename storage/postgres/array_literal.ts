const SPECIAL = /["\\]/;
const EVERY_SPECIAL = /["\\]/g;

/** Values as one text that Postgres reads as an array of them: `{"a","say \"b\"",NULL,1}`. */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  let literal = "{";
  for (const value of values) {
    if (literal.length > 1) literal += ",";
    if (typeof value === "string") {
      literal += `"${SPECIAL.test(value) ? value.replace(EVERY_SPECIAL, "\\$&") : value}"`;
    } else {
      literal += value === null ? "NULL" : String(value);
    }
  }
  return literal + "}";
}
