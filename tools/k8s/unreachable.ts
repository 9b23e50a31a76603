import { ToolError } from "../error.ts";

/** Whether no connection came about, as opposed to one that broke. */
export function isConnectFailure(error: unknown): boolean {
  return reasonOf(error).includes("(Connect)");
}

/** What to say of a request that got no answer, from the words of Deno's fetch. */
export function unreachable(server: string, cause: unknown): ToolError {
  const reason = reasonOf(cause).replace(/^.*?client error \(\w+\): /, "");
  const certificate = /invalid peer certificate: (\w+)/.exec(reason)?.[1];
  if (certificate !== undefined) {
    return new ToolError("unavailable", `Cannot trust the Kubernetes API at "${server}": ${reason}`, {
      hint: CERTIFICATE_HINTS.get(certificate) ?? "Ask the operator to check the certificate of the Kubernetes API",
      cause,
    });
  }
  return new ToolError("unavailable", `Cannot reach the Kubernetes API at "${server}": ${reason}`, {
    hint: "Ask the operator whether the cluster runs and whether this server may connect to it",
    cause,
  });
}

/** By the names that rustls gives. */
const CERTIFICATE_HINTS: ReadonlyMap<string, string> = new Map([
  [
    "UnknownIssuer",
    "Ask the operator to give the authority that signed it: certificate-authority-data in the kubeconfig, or KUBE_CA",
  ],
  ["BadSignature", "Ask the operator to give the right authority: another of the same name did not sign it"],
  ["NotValidForName", "Ask the operator to use a host name or address that the certificate was made for"],
  ["NotValidForNameContext", "Ask the operator to use a host name or address that the certificate was made for"],
  ["Expired", "Ask the operator to renew the certificate of the Kubernetes API"],
  ["NotValidYet", "Ask the operator to compare the clocks of this server and the cluster"],
]);

/** fetch hides what happened in its error's cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
