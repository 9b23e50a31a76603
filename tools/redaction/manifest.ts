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

/** Hides the data of Secrets as `kubectl get secret` prints them, in YAML, or in JSON over several lines. */
export function hideManifestData(text: string): string {
  if (!KIND.test(text)) return text;
  return text.split(/^(?=---)/m).map((manifest) => KIND.test(manifest) ? hideData(manifest) : manifest).join("");
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
