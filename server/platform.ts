import type { Settings } from "./settings.ts";

/** What is different where the server runs, as the place says of itself. */
export interface Platform {
  /** `undefined` where it is nothing in particular: a machine, a container, a pod. */
  readonly name: "Deno Deploy" | undefined;
  /** Settings that are right there, for those that the environment leaves unset. */
  readonly presets: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ELSEWHERE: Platform = { name: undefined, presets: {} };

/** Of the five seconds between Deploy's SIGINT and its SIGKILL. */
const DEPLOY_DRAIN_MS = 4000;

/** Tells Deno Deploy by the variables that it sets in every instance. */
export function detectPlatform(environment: Environment): Platform {
  const isDeploy = environment["DENO_DEPLOY"] === "true" || Boolean(environment["DENO_DEPLOYMENT_ID"]);
  if (!isDeploy) return ELSEWHERE;
  const publicUrl = deployUrl(environment);
  return {
    name: "Deno Deploy",
    presets: {
      DRAIN_MS: `${DEPLOY_DRAIN_MS}`,
      // Where the code lies, nothing says that files may be written.
      DATA_DIR: `${environment["TMPDIR"] || "/tmp"}/mcp-data`,
      ...(publicUrl !== undefined && { PUBLIC_URL: publicUrl }),
      ...(environment["DENO_DEPLOYMENT_ID"] && { REPLICA: environment["DENO_DEPLOYMENT_ID"] }),
      // A spool in a file that goes with the instance would keep no promise.
      ...(!isSet(environment, "REDIS_URL") && { AUDIT_OUTAGE: "refuse" }),
    },
  };
}

/** The environment with presets in place of what is unset, or set to nothing; later ones stand before earlier ones. */
export function withPresets(
  environment: Readonly<Record<string, string>>,
  ...presets: readonly Platform["presets"][]
): Readonly<Record<string, string>> {
  const given = Object.entries(environment).filter(([, value]) => value !== "");
  return Object.assign({}, ...presets, Object.fromEntries(given));
}

/** What is lost with an instance, or unknown to another one, as the settings are: a sentence each, for whoever operates it. */
export function findLosses({ name }: Platform, settings: Settings): readonly string[] {
  if (name === undefined) return [];
  const losses: string[] = [];
  const isAuditEmbedded = settings.DATABASE_URL === undefined && settings.PGHOST === undefined;
  if (isAuditEmbedded) {
    losses.push(
      `The audit log is in a file of this instance: on ${name} it is gone when the instance stops, and nothing is ` +
        "promised of it. Set DATABASE_URL",
    );
  }
  if (settings.REDIS_URL === undefined) {
    losses.push(
      `Context, API keys, sign-ins, sessions and limits are this instance's own: on ${name} no other instance knows ` +
        "them, and they are gone when this one stops. Set REDIS_URL",
    );
  }
  if (settings.REDIS_URL === undefined && !isAuditEmbedded && settings.AUDIT_OUTAGE !== "refuse") {
    losses.push(
      `AUDIT_OUTAGE is ${settings.AUDIT_OUTAGE} and REDIS_URL is not set: on ${name} audit records that wait for ` +
        "Postgres are gone when the instance stops. Set REDIS_URL, or AUDIT_OUTAGE=refuse",
    );
  }
  if (settings.REDIS_URL !== undefined && settings.SESSION_KEY === undefined) {
    losses.push(
      `Sessions of the official protocol are known only to the instance that opened them: on ${name} the next request ` +
        "may reach another one. Set SESSION_KEY",
    );
  }
  return losses;
}

/** Where Deploy serves this timeline; `undefined` where the name of a branch does not say it. */
function deployUrl(environment: Environment): string | undefined {
  const { DENO_DEPLOY_APP_SLUG: app, DENO_DEPLOY_ORG_SLUG: org, DENO_TIMELINE: timeline = "" } = environment;
  const [, kind, name = ""] = /^(production|preview|git-branch)(?:\/([a-z\d-]+))?$/.exec(timeline) ?? [];
  if (!app || !org || !kind || (kind === "production") !== (name === "")) return undefined;
  const suffix = { production: "", preview: `-${name}`, "git-branch": `--${name}` }[kind];
  return `https://${app}${suffix}.${org}.deno.net`;
}

function isSet(environment: Environment, secret: string): boolean {
  return Boolean(environment[secret] || environment[`${secret}_FILE`]);
}
