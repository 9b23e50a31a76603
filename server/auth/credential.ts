/** What a request shows of who sends it. Nothing of it is checked but its form. */
export type Shown =
  | { readonly kind: "none" }
  | { readonly kind: "bearer"; readonly credential: string }
  | { readonly kind: "ticket"; readonly ticket: string }
  /** RFC 6750, section 3.1: `invalid_request`. The description repeats nothing of the credential. */
  | { readonly kind: "invalid"; readonly description: string };

/** Access tokens with many claims have some kilobytes. */
const CREDENTIAL_CHARS_MAX = 16_384;

/** RFC 6750, section 2.1: the syntax `b64token`. */
const B64_TOKEN = /^[\w.~+/-]+=*$/;

/** Names under which credentials are put into URLs, where logs and histories keep them. */
const QUERY_NAMES: ReadonlySet<string> = new Set([
  ...["access_token", "token", "id_token", "refresh_token", "bearer", "bearer_token", "jwt"],
  ...["api_key", "apikey", "api-key", "api_token", "auth_token", "authorization", "auth"],
]);

/**
 * Finds the one credential of a request: `Authorization: Bearer …` or, where a WebSocket is opened, `?ticket=…`.
 *
 * @param isUpgrade whether the request opens a WebSocket, and so may bring a ticket
 */
export function readCredential(request: Request, isUpgrade: boolean): Shown {
  const inQuery = readQuery(request.url, isUpgrade);
  if (inQuery.kind === "invalid") return inQuery;
  const header = request.headers.get("authorization");
  const bearer = header === null ? { kind: "none" } as const : readHeader(header);
  if (bearer.kind === "none" || bearer.kind === "invalid" || inQuery.kind === "none") {
    return bearer.kind === "none" ? inQuery : bearer;
  }
  return invalid("Send one credential: an Authorization header or a ticket, not both");
}

function readHeader(header: string): Shown {
  const [scheme = "", ...rest] = header.trim().split(/ +/);
  // Two headers of this name arrive as one, joined by a comma.
  if (/,\s*bearer\b/i.test(header)) return invalid("Send one Authorization header, not several");
  // Who tries another method is told which one is expected, as who sends none: RFC 6750, section 3.1.
  if (scheme.toLowerCase() !== "bearer") return { kind: "none" };
  const [credential = ""] = rest;
  if (rest.length !== 1 || !B64_TOKEN.test(credential)) {
    return invalid("Expected the Authorization header to be Bearer, one space and the credential");
  }
  if (credential.length > CREDENTIAL_CHARS_MAX) {
    return invalid(`Expected a credential of at most ${CREDENTIAL_CHARS_MAX} characters`);
  }
  return { kind: "bearer", credential };
}

function readQuery(url: string, isUpgrade: boolean): Shown {
  if (!url.includes("?")) return { kind: "none" };
  const { searchParams } = new URL(url);
  const name = searchParams.keys().find((given) => QUERY_NAMES.has(given.toLowerCase()));
  if (name !== undefined) {
    return invalid(`Send no credential as ${name.toLowerCase()} in the URL: send it in the Authorization header`);
  }
  const [ticket, ...others] = searchParams.getAll("ticket");
  if (ticket === undefined) return { kind: "none" };
  if (others.length > 0) return invalid("Send one ticket, not several");
  return isUpgrade ? { kind: "ticket", ticket } : invalid("A ticket opens a WebSocket at /mcp, and nothing else");
}

function invalid(description: string): Shown {
  return { kind: "invalid", description };
}
