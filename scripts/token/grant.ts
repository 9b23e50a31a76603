import { idOf } from "../../server/auth/token/api_key.ts";
import { isRole, isTokenName, NAME_RULE, ROLE_RULE, ROLES_MAX } from "../../server/auth/token/names.ts";
import { UsageError } from "../options.ts";
import { readExpires } from "./lifetime.ts";

/** Options that say what a key stands for. */
export const GRANT_OPTIONS = {
  name: { type: "string" },
  role: { type: "string", multiple: true },
  expires: { type: "string", default: "90d" },
} as const;

/** What a key stands for. */
export interface Grant {
  readonly name: string;
  readonly roles: readonly string[];
  readonly expiresAtMs: number | undefined;
}

interface GivenGrant {
  readonly name?: string | undefined;
  readonly role?: readonly string[] | undefined;
  readonly expires: string;
}

/** @throws {UsageError} */
export function readGrant({ name, role, expires }: GivenGrant, nowMs: number): Grant {
  if (name === undefined) throw new UsageError(`Cannot tell whose key it is: expected --name, ${NAME_RULE}`);
  if (idOf(name) !== undefined) throw new UsageError("Invalid --name: expected a name, not a key");
  if (!isTokenName(name)) throw new UsageError(`Invalid --name ${JSON.stringify(name)}: expected ${NAME_RULE}`);
  const roles = [...new Set(role)];
  if (roles.length === 0) throw new UsageError("Cannot tell what the key may do: expected --role, once or more");
  if (roles.length > ROLES_MAX) throw new UsageError(`Expected --role at most ${ROLES_MAX} times`);
  const wrong = roles.find((one) => !isRole(one));
  if (wrong !== undefined) throw new UsageError(`Invalid --role ${JSON.stringify(wrong)}: expected ${ROLE_RULE}`);
  return { name, roles, expiresAtMs: readExpires(expires, nowMs) };
}
