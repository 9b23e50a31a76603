import { ToolError } from "../error.ts";

/** Whether no connection came about, as opposed to one that broke. */
export function isConnectFailure(error: unknown): boolean {
  return reasonOf(error).includes("(Connect)");
}

/** What to say of a request that got no answer, from the words of Deno's fetch. */
export function unreachable(server: string, cause: unknown): ToolError {
  const reason = reasonOf(cause).replace(/^.*?client error \(\w+\): /, "");
  if (reason.includes("invalid peer certificate")) {
    const [, hint] = CERTIFICATE_HINTS.find(([words]) => words.test(reason)) ?? [];
    return new ToolError("unavailable", `Cannot trust the Kubernetes API at "${server}": ${reason}`, {
      hint: hint ?? "Ask the operator to check the certificate of the Kubernetes API",
      cause,
    });
  }
  return new ToolError("unavailable", `Cannot reach the Kubernetes API at "${server}": ${reason}`, {
    hint: "Ask the operator whether the cluster runs and whether this server may connect to it",
    cause,
  });
}

/** By the words of rustls. */
const CERTIFICATE_HINTS: readonly (readonly [words: RegExp, hint: string])[] = [
  [
    /UnknownIssuer|BadSignature/,
    "Ask the operator to give the authority that signed it: certificate-authority-data in the kubeconfig, or KUBE_CA",
  ],
  [/not valid for name/, "Ask the operator to use a host name or address that the certificate was made for"],
  [/expired/, "Ask the operator to renew the certificate of the Kubernetes API"],
  [/not valid yet/, "Ask the operator to compare the clocks of this server and the cluster"],
];

/** fetch hides what happened in its error's cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
