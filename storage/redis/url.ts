import { isIP } from "node:net";
import { StorageError } from "../errors.ts";

/** Where something listens. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

interface RedisAccess {
  /** What is logged of it: `host:port`, or several. It never holds a password. */
  readonly address: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** One server, whatever stands behind it. */
export interface RedisServer extends RedisAccess, RedisNode {
  readonly kind: "server";
  readonly database: number;
  /** The name to verify the certificate for, empty for a bare IP address; `undefined` = no TLS. */
  readonly tls: { readonly servername: string } | undefined;
}

/** A Redis Cluster. */
export interface RedisClusterTarget extends RedisAccess {
  readonly kind: "cluster";
  /** Some of its nodes, which tell of the others; at least one. */
  readonly seeds: readonly RedisNode[];
  readonly isTls: boolean;
}

/** A master that Sentinels watch, and replace by one of its replicas. */
export interface RedisSentinelTarget extends RedisAccess {
  readonly kind: "sentinel";
  /** Some of the Sentinels; at least one. */
  readonly sentinels: readonly RedisNode[];
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
  /** The name that the Sentinels know the master by. */
  readonly master: string;
  readonly database: number;
  /** Of the Sentinels and of what they watch. */
  readonly isTls: boolean;
}

/** Where Redis is and how to get in. */
export type RedisTarget = RedisServer | RedisClusterTarget | RedisSentinelTarget;

const EXPECTED = "redis://[[user]:password@]host[:port][/database], redis://host:port,host:port,… or " +
  "redis+cluster://host:port for a Redis Cluster, redis+sentinel://host:port,host:port,…/master[/database]" +
  "[?sentinel_password=…] for Sentinels, or rediss for redis for TLS";

/** Scheme, kind, what stands before the `@`, hosts, path and query; a password has its `@ / ? #` percent-encoded. */
const SHAPE = /^(rediss?)(\+cluster|\+sentinel)?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/i;
const DATABASE = /^\d{0,5}$/;
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

/**
 * Reads which Redis is meant: `redis://[[user]:password@]host[:port][/database]`, a Cluster by several hosts or
 * `redis+cluster://`, or `redis+sentinel://…/master`; `rediss` is the same over TLS.
 *
 * Other query parameters are refused: the driver would take each one as an option of its own.
 * @throws {StorageError} when the text is something else; the message holds no password.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const [, scheme = "", kind = "", credentials = "", hosts = "", path = "", query] = SHAPE.exec(text) ?? [];
  const access = readCredentials(credentials);
  const isTls = scheme.toLowerCase() === "rediss";
  const isSentinel = kind.toLowerCase() === "+sentinel";
  const nodes = readNodes(hosts, isSentinel ? SENTINEL_PORT : REDIS_PORT);
  const [first] = nodes ?? [];
  const target = !nodes || !first || !access
    ? undefined
    : isSentinel
    ? readSentinels(nodes, access, isTls, path, query)
    : query !== undefined
    ? undefined
    : kind !== "" || nodes.length > 1
    ? readCluster(nodes, access, isTls, path)
    : readServer(first, access, isTls, path);
  if (target) return target;
  throw new StorageError(
    `Cannot use ${JSON.stringify(withoutSecrets(text))} as address of Redis: expected ${EXPECTED}`,
  );
}

type Credentials = Pick<RedisAccess, "username" | "password">;

function readServer(node: RedisNode, access: Credentials, isTls: boolean, path: string): RedisServer | undefined {
  const database = path.slice(1);
  if (!DATABASE.test(database)) return undefined;
  return {
    kind: "server",
    ...node,
    address: print(node),
    ...access,
    database: Number(database),
    tls: isTls ? { servername: isIP(node.host) ? "" : node.host } : undefined,
  };
}

/** A Cluster has database 0 and no other. */
function readCluster(
  seeds: readonly RedisNode[],
  access: Credentials,
  isTls: boolean,
  path: string,
): RedisClusterTarget | undefined {
  if (!/^\/?0?$/.test(path)) return undefined;
  return { kind: "cluster", seeds, address: seeds.map(print).join(","), ...access, isTls };
}

function readSentinels(
  sentinels: readonly RedisNode[],
  access: Credentials,
  isTls: boolean,
  path: string,
  query = "",
): RedisSentinelTarget | undefined {
  const [, master, database = ""] = /^\/([\w.-]+)(?:\/(\d{0,5}))?$/.exec(path) ?? [];
  const parameters = new URLSearchParams(query);
  const known = ["sentinel_username", "sentinel_password"];
  if (master === undefined || Array.from(parameters.keys()).some((name) => !known.includes(name))) return undefined;
  return {
    kind: "sentinel",
    sentinels,
    sentinelUsername: parameters.get("sentinel_username") || undefined,
    sentinelPassword: parameters.get("sentinel_password") || undefined,
    master,
    address: `${sentinels.map(print).join(",")}/${master}`,
    ...access,
    database: Number(database),
    isTls,
  };
}

function readCredentials(text: string): Credentials | undefined {
  const [, username = "", password = ""] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  try {
    return {
      username: decodeURIComponent(username) || undefined,
      password: decodeURIComponent(password) || undefined,
    };
  } catch {
    return undefined;
  }
}

function readNodes(text: string, defaultPort: number): readonly RedisNode[] | undefined {
  const nodes = text.split(",").map((part) => {
    // Not the scheme of the text: URL knows hosts of any scheme, but lower-cases those of http alone.
    const url = /^[\w.:[\]-]+$/.test(part) ? URL.parse(`redis://${part}`) : null;
    return url?.hostname
      ? { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || defaultPort) }
      : undefined;
  });
  return nodes.every((node) => node !== undefined) ? nodes : undefined;
}

function print({ host, port }: RedisNode): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** The text may be no URL at all, so whatever stands before the last `@` or after a `?` counts as secret. */
function withoutSecrets(text: string): string {
  return text.replace(/^([a-z+]+:\/\/)?.*@/is, "$1***@").replace(/\?.*/s, "?***");
}
