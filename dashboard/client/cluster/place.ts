import type { Place } from "./pod_source.ts";

/** A place as the address has it behind the view's name: `shop`, or `shop@edge` of the cluster `edge`. */
export function printPlace({ namespace, cluster }: Place): string {
  return [namespace, cluster].filter((part) => part !== "").map(encodeURIComponent).join("@");
}

/** The place that an address names; without a namespace where it names none. */
export function readPlace(rest: string): Place {
  const [namespace = "", cluster = ""] = rest.split("@").map(decode);
  return { namespace, cluster };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
