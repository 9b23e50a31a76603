import { hideManifestData } from "../redaction/manifest.ts";
import { parseLine } from "./line.ts";

/**
 * Takes out the data of Kubernetes Secrets that were printed into a log. Redaction, which sees one line at a time, does
 * not know whose data a line is; here its lines stand together.
 */
export function hideSecretManifests(lines: readonly string[]): readonly string[] {
  if (!lines.some((line) => line.includes("Secret"))) return lines;
  const parsed = lines.map(parseLine);
  const text = parsed.map(({ message }) => message).join("\n");
  const hidden = hideManifestData(text);
  if (hidden === text) return lines;
  return hidden.split("\n").map((message, index) => {
    const { timestamp = "", message: before } = parsed[index] ?? {};
    return message === before ? lines[index] ?? "" : timestamp === "" ? message : `${timestamp} ${message}`;
  });
}
