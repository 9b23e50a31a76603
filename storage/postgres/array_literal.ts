/** JSON escapes these in words that an array literal does not know. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\0-\x1f]/;
const SPECIAL = /["\\]/g;

/**
 * Well-formed text, finite numbers and NULL as one text that Postgres reads as an array of them:
 * `{"a","say \"b\"",null,1}`. It is made for each column of each batch, so the common case goes by JSON, which is an
 * array literal but for its brackets and the control characters, and several times as fast.
 */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  const json = JSON.stringify(values);
  // JSON has a backslash wherever a text has a control character, and few columns have any.
  if (!json.includes("\\") || !values.some((value) => typeof value === "string" && CONTROL.test(value))) {
    return `{${json.slice(1, -1)}}`;
  }
  const elements = values.map((value) =>
    typeof value === "string" ? `"${value.replace(SPECIAL, "\\$&")}"` : String(value)
  );
  return `{${elements.join(",")}}`;
}
