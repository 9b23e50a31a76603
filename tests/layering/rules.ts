import type { Import, Module } from "./modules.ts";

/** What the modules whose path starts so may import: files whose path starts so, and packages. */
interface Rule {
  readonly files: readonly string[];
  /** `undefined`: any, but for those that belong elsewhere. */
  readonly packages?: readonly string[];
}

/** The arrows of the house; the longest path that fits a module holds. Every module must fit one. */
const RULES: Readonly<Record<string, Rule>> = {
  "main.ts": { files: ["server/", "dashboard/", "tools/", "storage/", "rpc/"] },
  "server/": { files: ["server/", "dashboard/", "tools/", "storage/", "rpc/"] },
  "dashboard/": { files: ["dashboard/"], packages: ["npm:hono", "node:"] },
  // It runs in browsers; what it shares with the server is types.
  "dashboard/client/": { files: ["dashboard/client/", "dashboard/wire.ts"], packages: [] },
  "rpc/": { files: ["rpc/"], packages: ["npm:zod"] },
  // Ports, never an adapter.
  "tools/": { files: ["tools/", "storage/*"] },
  "storage/": { files: ["storage/*"] },
  "storage/open.ts": { files: ["storage/"] },
  "storage/audit/": { files: ["storage/*", "storage/audit/"] },
  "storage/embedded/": { files: ["storage/*", "storage/audit/", "storage/embedded/"] },
  "storage/redis/": { files: ["storage/*", "storage/audit/", "storage/embedded/", "storage/redis/"] },
  "storage/postgres/": { files: ["storage/*", "storage/audit/", "storage/postgres/"] },
  "scripts/": { files: ["scripts/", "server/", "tools/", "storage/", "rpc/", "tests/services/"] },
  // It is another program, which talks to any server.
  "scripts/client": { files: ["scripts/client"] },
};

/** The one place where a package may be imported. */
const PACKAGE_PLACES: Readonly<Record<string, string>> = {
  "npm:ioredis": "storage/redis/",
  "npm:rate-limiter-flexible": "storage/redis/",
  "npm:postgres": "storage/postgres/",
  "npm:@kubernetes/client-node": "tools/k8s/",
  "npm:jose": "server/auth/oidc/",
  "npm:@modelcontextprotocol/server": "server/mcp/",
};

/** Packages too heavy to load before they are needed. */
const LAZY_PACKAGES: readonly string[] = ["npm:@kubernetes/client-node", "npm:jose"];

/** Everything else is given its settings as arguments. */
const ENVIRONMENT_READERS: readonly string[] = ["main.ts", "scripts/"];
const ENVIRONMENT =
  /\bDeno\s*\.\s*env\b|\bprocess\s*\.\s*env\b|\benv\b[^;]*\}\s*=\s*(?:Deno|process)\b|\benv\b[^;]*\}\s*from\s*["']node:process["']/;

/** What departs from the house's layering, one line each. */
export function violationsOf(modules: readonly Module[]): readonly string[] {
  return modules.flatMap((module) => [
    ...module.imports.flatMap((one) => violationOf(module.path, one)),
    ...(ENVIRONMENT.test(module.source) && !ENVIRONMENT_READERS.some((place) => module.path.startsWith(place))
      ? [`${module.path} reads the environment`]
      : []),
  ]);
}

function violationOf(path: string, { target, typeOnly, dynamic }: Import): readonly string[] {
  const place = Object.keys(RULES).filter((start) => path.startsWith(start)).sort((a, b) => b.length - a.length)[0];
  const rule = place === undefined ? undefined : RULES[place];
  if (!rule) return [`${path} has no place in the house`];
  const wrong = [`${path} imports ${target}`];
  if (!target.includes(":")) return rule.files.some((file) => fits(target, file)) ? [] : wrong;
  if (!/^(?:npm|node):/.test(target)) return wrong;
  if (
    rule.packages && !rule.packages.some((name) => target === name || name.endsWith(":") && target.startsWith(name))
  ) {
    return wrong;
  }
  const only = PACKAGE_PLACES[target];
  if (only !== undefined && !path.startsWith(only)) return wrong;
  return LAZY_PACKAGES.includes(target) && !typeOnly && !dynamic ? [`${path} imports ${target} at once`] : [];
}

/** `storage/*` is that folder without its subfolders. */
function fits(target: string, file: string): boolean {
  if (!file.endsWith("*")) return target.startsWith(file);
  const folder = file.slice(0, -1);
  return target.startsWith(folder) && !target.slice(folder.length).includes("/");
}
