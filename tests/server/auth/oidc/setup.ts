import { createOidcAuthenticator, type OidcOptions } from "../../../../server/auth/oidc/authenticator.ts";
import type { Authenticator } from "../../../../server/auth/authenticator.ts";
import type { Clock } from "../../../../storage/clock.ts";
import type { LogFields } from "../../../../server/log.ts";
import { type ManualClock, manualClock } from "../../../contracts/manual_clock.ts";
import { startTestIssuer, type TestIssuer } from "../../../services/oidc_issuer.ts";

export const AUDIENCE = "https://mcp.ops.example/mcp";
export const METADATA_URL = "https://mcp.ops.example/.well-known/oauth-protected-resource/mcp";

export interface Bench extends AsyncDisposable {
  readonly issuer: TestIssuer;
  readonly authenticator: Authenticator;
  readonly clock: ManualClock;
  /** What was logged. */
  readonly lines: readonly string[];
}

/** An authenticator with the settings' defaults, but for what a test changes. */
export function createTestAuthenticator(
  issuer: string,
  clock: Clock,
  changes: Partial<OidcOptions> = {},
  lines: string[] = [],
): Authenticator {
  const write = (message: string, fields: LogFields = {}) => {
    lines.push([message, fields["error"]].filter(Boolean).join(": "));
  };
  return createOidcAuthenticator({
    issuer,
    audience: AUDIENCE,
    scopes: [],
    nameClaim: "sub",
    rolesClaim: "roles",
    groupsClaim: "groups",
    clockSkewSeconds: 30,
    resourceMetadata: METADATA_URL,
    clock,
    log: { info: write, warn: write },
    ...changes,
  });
}

/** An issuer by hand and an authenticator for it, by one clock that stands still. */
export async function startBench(changes: Partial<OidcOptions> = {}, path = ""): Promise<Bench> {
  const clock = manualClock();
  const issuer = await startTestIssuer({ audience: AUDIENCE, path, now: clock.now });
  const lines: string[] = [];
  const authenticator = createTestAuthenticator(issuer.issuer, clock, changes, lines);
  return {
    ...{ issuer, authenticator, clock, lines },
    async [Symbol.asyncDispose]() {
      await authenticator[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}
