import { isIP } from "node:net";
import type { PostgresHost, PostgresTarget } from "./target.ts";

/** As the driver takes it: `false` = plain text, `prefer` = encrypted where the server can, else node's TLS options. */
export type Tls = false | "prefer" | object;

/** What node's TLS takes for a host of a target. @throws when the certificates cannot be read. */
export function tlsOptions({ host }: PostgresHost, { tlsMode, rootCertificates }: PostgresTarget): Tls {
  if (tlsMode === "disable") return false;
  if (tlsMode === "prefer") return "prefer";
  const ca = rootCertificates === undefined || rootCertificates === "system" ? undefined : readFile(rootCertificates);
  // As libpq: `require` with certificates to trust verifies the chain.
  const verifies = tlsMode !== "require" || ca !== undefined;
  return {
    ...(ca !== undefined && { ca }),
    // The name to verify; an address is none.
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: verifies,
    ...(tlsMode !== "verify-full" && { checkServerIdentity: () => undefined }),
  };
}

function readFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw new Error(`Cannot read the certificates of sslrootcert ${JSON.stringify(path)}`, { cause });
  }
}
