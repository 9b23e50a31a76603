import { REDACTED } from "./pattern.ts";

/** The members of a Kubernetes Secret whose every value is one. */
export const SECRET_DATA = /^(?:data|stringData)$/i;

const REFERENCE_MEMBERS = new Set(
  ["name", "secretName", "namespace", "key", "items", "path", "mode", "defaultMode", "optional"]
    .concat(["kind", "apiVersion", "group", "version", "property"]),
);

/** Whether it only says where a secret is kept: `{"name": "db", "key": "password"}`, a volume's `{"secretName": "db"}`. */
export function isReference(value: object): boolean {
  const { name, secretName } = value as { readonly name?: unknown; readonly secretName?: unknown }; // Whatever they are.
  return (typeof name === "string" || typeof secretName === "string") &&
    Object.keys(value).every((member) => REFERENCE_MEMBERS.has(member));
}

const KIND = /^[ \t]*(?:- )?"?kind"?:[ \t]*["']?Secret(?:List)?["']?,?[ \t]*\r?$/m;

const KIND_IN_STRING = /kind:[ \t]{0,8}["']?Secret(?:List)?(?![\w ])/;
/** An escaped line end, before or after a Secret's kind. */
const ESCAPED_LINE_END =
  /(\\{1,15}n)[ \t]{0,40}(?:- )?kind:[ \t]{0,8}["']?Secret(?:List)?(?![\w ])|kind:[ \t]{0,8}["']?Secret(?:List)?["']?(\\{1,15}n)/;

/** Hides the data of Secrets as `kubectl get secret` prints them, in YAML, or in JSON over several lines. */
export function hideManifestData(text: string): string {
  const lineEnd = ESCAPED_LINE_END.exec(text)?.slice(1).find((found) => found !== undefined);
  const rest = lineEnd === undefined ? text : hideEscapedManifestData(text, lineEnd);
  if (!KIND.test(rest)) return rest;
  return rest.split(/^(?=---)/m).map((manifest) => KIND.test(manifest) ? hideData(manifest) : manifest).join("");
}

/** A manifest within a string, as a logger prints it: `msg="kind: Secret\\ndata:\\n  user: bWFk\\n" n=1`. */
function hideEscapedManifestData(text: string, lineEnd: string): string {
  return text.split("\n").map((line) => {
    if (!KIND_IN_STRING.test(line) || !line.includes(lineEnd)) return line;
    // The string begins with the last quote before its first line end.
    const start = 1 + Math.max(...['"', "'", "`"].map((quote) => line.lastIndexOf(quote, line.indexOf(lineEnd))));
    const manifest = line.slice(start).replaceAll(lineEnd, "\n");
    return line.slice(0, start) + hideData(manifest).replaceAll("\n", lineEnd);
  }).join("\n");
}

function hideData(manifest: string): string {
  /** Where `data:` and its first member begin. */
  let dataIndent = Infinity;
  let memberIndent = Infinity;
  return manifest.split("\n").map((line) => {
    const [, space = "", words = ""] = /^([ \t]*(?:- )?)(.*)$/s.exec(line) ?? [];
    if (words.trim() === "") return line;
    const indent = space.length;
    if (indent > dataIndent) {
      memberIndent = Math.min(memberIndent, indent);
      const name = indent === memberIndent ? /^[^:]{1,253}:(?=\s|$)/.exec(words)?.[0] : undefined;
      return name === undefined ? `${space}${REDACTED}` : `${space}${name} ${REDACTED}`;
    }
    dataIndent = memberIndent = Infinity;
    const [, name, value = ""] = /^("?(?:data|stringData)"?:)\s*(.*)$/.exec(words) ?? [];
    if (name === undefined) return line;
    dataIndent = indent;
    return value === "" || value === "{" ? line : `${space}${name} ${REDACTED}`;
  }).join("\n");
}
