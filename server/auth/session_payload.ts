import { z } from "zod";
import type { Identity } from "./authenticator.ts";

/** What a session is kept as; text that a store gives back is looked at like any other from outside. */
const payload = z.strictObject({
  identity: z.strictObject({
    principal: z.strictObject({
      name: z.string(),
      authMethod: z.enum(["none", "token", "oidc"]),
      roles: z.array(z.string()),
      groups: z.array(z.string()).optional(),
    }),
    expiresAtMs: z.number().optional(),
    reference: z.string(),
  }),
  csrf: z.string().min(1),
});

interface Payload {
  readonly identity: Identity;
  readonly csrf: string;
}

export function printSession(session: Payload): string {
  return JSON.stringify(session);
}

/** `undefined` where the text is no session, or one of another version of this server. */
export function parseSession(text: string): Payload | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = payload.safeParse(value);
  if (!data) return undefined;
  const { principal, reference, expiresAtMs } = data.identity;
  return { identity: { principal, reference, expiresAtMs }, csrf: data.csrf };
}
