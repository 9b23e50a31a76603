import { z } from "zod";
import { type TokenRecord, TOKENS_MAX } from "../../../storage/token_store.ts";
import { isRole, isTokenName, NAME_RULE, ROLE_RULE, ROLES_MAX } from "./names.ts";

/** A key of TOKENS_FILE, which does not say when it was made. */
export type FileToken = Omit<TokenRecord, "createdAtMs">;

/** What TOKENS_FILE holds is wrong; the message repeats none of its values, which may be keys by mistake. */
export class TokensFileError extends Error {
  override readonly name = "TokensFileError";
}

/** Problems that one message tells. */
const TOLD_MAX = 5;

function text(rule: string, accepts: (value: string) => boolean) {
  return z.string({ error: rule }).refine(accepts, { error: rule });
}

const DIGEST_RULE = "the SHA-256 of a key in 64 lower-case hex digits, as deno task token hash prints it";
const TIME_RULE = "a day such as 2026-11-22 or a time such as 2026-11-22T10:30:00Z";
const ROLES_RULE = `a list of 1 to ${ROLES_MAX} roles`;
const MEMBERS = "id, name, roles, sha256 and expires, which may be left out";

const entrySchema = z.strictObject({
  id: text("16 lower-case letters and digits", (value) => /^[a-z0-9]{16}$/.test(value)),
  name: text(NAME_RULE, isTokenName),
  roles: z.array(text(ROLE_RULE, isRole), { error: ROLES_RULE })
    .min(1, { error: ROLES_RULE }).max(ROLES_MAX, { error: ROLES_RULE }),
  sha256: text(DIGEST_RULE, (value) => /^[0-9a-f]{64}$/.test(value)),
  expires: z.union([z.iso.date(), z.iso.datetime({ offset: true })], { error: TIME_RULE }).optional(),
}, { error: `an object with ${MEMBERS}` });

const fileSchema = z.strictObject({
  tokens: z.array(entrySchema, { error: "a list of keys" })
    .max(TOKENS_MAX, { error: `at most ${TOKENS_MAX} keys` }),
}, { error: 'an object such as {"tokens": []}' });

/**
 * Reads what TOKENS_FILE holds: `{"tokens": [{"id", "name", "roles", "sha256", "expires"}]}`. A day begins at midnight
 * UTC.
 *
 * @throws {TokensFileError} saying which entry is wrong and what was expected
 */
export function parseTokensFile(json: string): readonly FileToken[] {
  const { data, error } = fileSchema.safeParse(parseJson(json));
  if (!data) {
    const problems = error.issues.map(describe);
    const more = problems.length > TOLD_MAX ? [`and ${problems.length - TOLD_MAX} more`] : [];
    throw new TokensFileError([...problems.slice(0, TOLD_MAX), ...more].join("; "));
  }
  const places = new Map<string, number>();
  return data.tokens.map(({ id, name, roles, sha256, expires }, index) => {
    const first = places.get(id);
    if (first !== undefined) {
      throw new TokensFileError(`tokens[${index}].id: expected another than tokens[${first}] has`);
    }
    places.set(id, index);
    return { id, name, roles, sha256, expiresAtMs: expires === undefined ? undefined : Date.parse(expires) };
  });
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    // The rest of the engine's message repeats what it could not read.
    const place = /\(line \d+ column \d+\)/.exec(error instanceof Error ? error.message : "")?.[0];
    throw new TokensFileError(place ? `expected JSON, which ends at ${place.slice(1, -1)}` : "expected JSON");
  }
}

function describe({ path, message, ...issue }: z.core.$ZodIssue): string {
  const place = path.map((step) => typeof step === "number" ? `[${step}]` : `.${String(step)}`).join("").slice(1);
  const before = place && `${place}: `;
  if (issue.code !== "unrecognized_keys") return `${before}expected ${message}`;
  const names = issue.keys.map((name) => /^[\w-]{1,32}$/.test(name) ? JSON.stringify(name) : "one of an odd name");
  return `${before}unknown member ${names.join(", ")}: expected ${place ? MEMBERS : "tokens"}`;
}
