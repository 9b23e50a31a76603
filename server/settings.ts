import type { z } from "zod";
import { redactText } from "../tools/redact.ts";
import { settingsSchema } from "./settings_schema.ts";

/** The server's settings, by their names in the environment. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;

/** The settings of Postgres beside its URL: those that libpq knows by the same names, and whether it prepares. */
export function postgresEnvironment(settings: Settings): Readonly<Record<string, string | undefined>> {
  const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT } = settings;
  const PG_PREPARE = String(settings.PG_PREPARE);
  return { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE, PGSSLROOTCERT, PG_PREPARE };
}

/** Settings whose value is never printed, and which may be read from the file that `NAME_FILE` names. */
const SECRETS: ReadonlySet<string> = new Set([
  "REDIS_URL",
  "DATABASE_URL",
  "PGPASSWORD",
  "AUDIT_SIGNING_KEY",
  "SESSION_KEY",
  "PROMETHEUS_URL",
  "LOKI_URL",
  "KUBE_TOKEN",
  "KUBE_CA",
]);

/** Settings of URLs that may hold a password. */
const URLS_WITH_PASSWORD = ["REDIS_URL", "DATABASE_URL", "PROMETHEUS_URL", "LOKI_URL", "KUBE_API_URL"] as const;

/** The secrets that the settings hold, to be hidden wherever they turn up. */
export function secretsOf(settings: Settings): readonly string[] {
  const passwords = URLS_WITH_PASSWORD.flatMap((name) =>
    passwordsOf(settings[name] ?? "").flatMap((given) => [given, decode(given)])
  );
  const { PGPASSWORD, KUBE_TOKEN, AUDIT_SIGNING_KEY, SESSION_KEY } = settings;
  return [
    ...passwords,
    ...[PGPASSWORD, KUBE_TOKEN, AUDIT_SIGNING_KEY, SESSION_KEY].filter((secret) => secret !== undefined),
  ];
}

/** Before the `@`, and in parameters; by hand, since a URL of several hosts is none to URL. */
function passwordsOf(url: string): readonly string[] {
  const [, password] = /^[a-z+]+:\/\/[^:@/?#]*:([^/?#]+)@/i.exec(url) ?? [];
  const parameters = Array.from(url.matchAll(/[?&](?:\w*_)?password=([^&#]+)/gi), ([, given = ""]) => given);
  return password === undefined ? parameters : [password, ...parameters];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A setting is wrong: the message names it, its value and what is allowed. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/**
 * Reads the settings from an environment; an empty value counts as unset.
 *
 * @throws {SettingError} naming every wrong setting.
 */
export function readSettings(
  environment: Readonly<Record<string, string>>,
  readFile: (path: string) => string,
): Settings {
  const { given, problems } = withFiles(environment, readFile);
  // Read once: to compile the schema takes longer than it saves.
  const parsed = settingsSchema.safeParse(given, { jitless: true });
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    // What stands before an @ may be a password, whatever else is wrong with the value.
    const shown = redactText((given[name] ?? "").replace(/^.*@/s, "***@"));
    const value = SECRETS.has(name) ? "" : `=${JSON.stringify(shown)}`;
    problems.push(`Invalid setting ${name}${value}: expected ${issue.message}`);
  }
  problems.push(...missingBeside(given, environment));
  if (!parsed.success || problems.length > 0) throw new SettingError(problems.join("\n"));
  return parsed.data;
}

/** What a setting needs of the others. */
function missingBeside(
  given: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const needs: readonly (readonly [name: string, isMissing: boolean, why: string])[] = [
    [
      "KUBE_TOKEN",
      Boolean(given["KUBE_API_URL"]) && !given["KUBE_TOKEN"] && !environment["KUBE_TOKEN_FILE"],
      "expected a bearer token, since KUBE_API_URL is set",
    ],
    [
      "OIDC_ISSUER",
      given["AUTH_MODE"] === "oidc" && !given["OIDC_ISSUER"],
      "expected the issuer's URL, since AUTH_MODE=oidc",
    ],
    [
      "PUBLIC_URL",
      given["AUTH_MODE"] === "oidc" && !given["PUBLIC_URL"],
      "expected the URL that clients reach the server by, since AUTH_MODE=oidc and access tokens are meant for it",
    ],
    [
      "AUTH_MODE",
      isTrue(given["KUBE_IMPERSONATE"]) &&
      (given["AUTH_MODE"] ?? "none") === "none",
      "expected token or oidc, since KUBE_IMPERSONATE is on and there is nobody to impersonate",
    ],
    [
      "KUBE_WATCH_CACHE",
      isTrue(given["KUBE_IMPERSONATE"]) && (given["KUBE_WATCH_CACHE"]?.trim() ?? "off") !== "off",
      "expected off, since KUBE_IMPERSONATE is on and what one caller sees is for no other",
    ],
  ];
  return needs.filter(([, isMissing]) => isMissing).map(([name, , why]) => `Invalid setting ${name}: ${why}`);
}

function isTrue(given: string | undefined): boolean {
  return ["true", "1"].includes(given?.trim().toLowerCase() ?? "");
}

function withFiles(environment: Readonly<Record<string, string>>, readFile: (path: string) => string) {
  const given: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of Object.keys(settingsSchema.shape)) {
    if (environment[name]) given[name] = environment[name];
    const path = SECRETS.has(name) ? environment[`${name}_FILE`] : undefined;
    if (!path) continue;
    if (given[name]) {
      problems.push(`Invalid setting ${name}_FILE: ${name} is set too, expected one of them`);
      continue;
    }
    try {
      given[name] = readFile(path).trim();
    } catch {
      problems.push(`Invalid setting ${name}_FILE=${JSON.stringify(path)}: expected a readable file`);
    }
  }
  return { given, problems };
}
