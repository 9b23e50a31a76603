import type { Certificates } from "./certificates.ts";

export interface KubeconfigOptions {
  /** `certificate` is the admin with an RSA key, `certificate-ec` the same with an EC key; default `certificate`. */
  readonly user?: "certificate" | "certificate-ec" | "token";
  /** How the authority is given; `stranger` is one that did not sign the server's certificate; default `embedded`. */
  readonly authority?: "embedded" | "file" | "stranger";
  /** Default the server's own. */
  readonly server?: string;
}

export interface KubeconfigParts {
  readonly url: string;
  readonly certificates: Certificates;
  readonly token: string;
  /** Where the authority's certificate lies as `ca.crt`. */
  readonly folder: string;
}

/** A kubeconfig is YAML, which takes JSON. */
export function kubeconfigOf(
  { user = "certificate", authority = "embedded", server }: KubeconfigOptions,
  { url, certificates, token, folder }: KubeconfigParts,
): unknown {
  const pair = user === "certificate-ec" ? certificates.adminEc : certificates.admin;
  const authorities = {
    embedded: { "certificate-authority-data": btoa(certificates.authority) },
    file: { "certificate-authority": `${folder}/ca.crt` },
    stranger: { "certificate-authority-data": btoa(certificates.stranger) },
  };
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server: server ?? url, ...authorities[authority] } }],
    users: [{
      name: "test",
      user: user === "token"
        ? { token }
        : { "client-certificate-data": btoa(pair.certificate), "client-key-data": btoa(pair.key) },
    }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace: "mcp-lab" } }],
  };
}
