import { type KubectlCommand, parseKubectl } from "./kubectl_options.ts";
import { wordsOf } from "./words.ts";

/** A tool call that a command would be. */
export interface MeantCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The calls that do what a command does, the closest first: which of them there are the catalogue says. */
export type Resolution = readonly MeantCall[] | { readonly reason: string };

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const PODS = /^(pods?|po)$/;
const EVENTS = /^(events?|ev)$/;
const WORKLOAD: Readonly<Record<string, string>> = {
  ...{ deployment: "deployment", deployments: "deployment", deploy: "deployment" },
  ...{ statefulset: "statefulset", statefulsets: "statefulset", sts: "statefulset" },
  ...{ daemonset: "daemonset", daemonsets: "daemonset", ds: "daemonset" },
  ...{ replicaset: "replicaset", replicasets: "replicaset", rs: "replicaset" },
};

/** What a shell command would be as a call; a reason in words where it is none. */
export function resolveCommand(command: string): Resolution {
  const words = wordsOf(command);
  if (!words) return { reason: "more than one plain command, or a placeholder without a value" };
  const [program, ...rest] = words;
  if (program !== "kubectl") return { reason: "no tool does this" };
  const parsed = parseKubectl(rest);
  if (!parsed) return { reason: "an option that no tool has" };
  // A server that asks one cluster has no such argument, and makes no call of a command that names another.
  const { cluster, ...options } = parsed.options;
  const calls = kubectl({ ...parsed, options });
  if (calls.length === 0) return { reason: "no tool does this" };
  return cluster === undefined ? calls : calls.map(({ tool, args }) => ({ tool, args: { ...args, cluster } }));
}

/** What a PromQL text would be as a call. */
export function resolveQuery(query: string): Resolution {
  return [{ tool: "prom.query_simple", args: { query } }];
}

/** The options of each command that its calls know: one that is passed over would make another call of it. */
const KNOWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  get: ["namespace", "labels", "fields", "all", "print"],
  describe: ["namespace"],
  logs: ["namespace", "tail", "since", "container", "previous", "print"],
  top: ["namespace", "labels", "print"],
  rollout: ["namespace", "print"],
  scale: ["namespace", "replicas"],
  cordon: [],
  uncordon: [],
};

function kubectl({ words: [verb = "", ...words], options }: KubectlCommand): readonly MeantCall[] {
  const known = Object.hasOwn(KNOWN_OPTIONS, verb) ? KNOWN_OPTIONS[verb] : undefined;
  if (!known || !Object.keys(options).every((name) => known.includes(name))) return [];
  const { namespace } = options;
  switch (verb) {
    case "get":
      return get(words, options);
    case "describe":
      return describe(words, namespace);
    case "logs":
      return logs(words, options);
    case "top":
      return PODS.test(words[0] ?? "") && words.length <= 2
        ? [{ tool: "k8s.resource_usage", args: without({ namespace, pod: words[1], labels: options["labels"] }) }]
        : [];
    case "rollout":
      return rollout(words, namespace);
    case "scale": {
      const workload = workloadOf(words);
      const replicas = options["replicas"] ?? "";
      if (!workload || !/^\d{1,9}$/.test(replicas)) return [];
      return [{ tool: "k8s.scale", args: without({ namespace, ...workload, replicas: Number(replicas) }) }];
    }
    case "cordon":
    case "uncordon":
      return words.length === 1 ? [{ tool: `k8s.${verb}`, args: { node: words[0] } }] : [];
    default:
      return [];
  }
}

function get(words: readonly string[], options: KubectlCommand["options"]): readonly MeantCall[] {
  const { namespace, labels, fields, all } = options;
  const [kind, name, ...more] = kindAndName(words);
  if (kind === undefined || kind.includes(",") || more.length > 0) return [];
  if (all !== undefined && (namespace !== undefined || name !== undefined)) return [];
  if (name !== undefined) return [{ tool: "k8s.get", args: without({ kind, name, namespace }) }];
  const isPlain = labels === undefined && fields === undefined;
  const isScoped = namespace !== undefined || all !== undefined;
  const list = { tool: "k8s.list", args: without({ kind, namespace, labels, fields }) };
  if (EVENTS.test(kind) && isScoped && isPlain) return [{ tool: "k8s.events", args: without({ namespace }) }];
  if (PODS.test(kind) && namespace !== undefined && isPlain) return [{ tool: "k8s.list_pods", args: { namespace } }];
  // Without a namespace kubectl looks in the one of its context, which is not known; nodes and the like are in none.
  return isScoped || /^(nodes?|no|namespaces?|ns)$/.test(kind) ? [list] : [];
}

function describe(words: readonly string[], namespace: string | undefined): readonly MeantCall[] {
  const [kind, name, ...more] = kindAndName(words);
  if (kind === undefined || name === undefined || more.length > 0) return [];
  const whole = { tool: "k8s.get", args: without({ kind, name, namespace }) };
  return PODS.test(kind) ? [{ tool: "k8s.describe_pod", args: without({ namespace, pod: name }) }, whole] : [whole];
}

function logs(words: readonly string[], options: KubectlCommand["options"]): readonly MeantCall[] {
  const [first, ...more] = words;
  const { namespace, tail, since, container, labels, previous } = options;
  const pod = first?.replace(/^pods?\//, "");
  if (pod === undefined || pod.includes("/") || more.length > 0 || labels !== undefined) return [];
  const [, number, unit = ""] = /^(\d{1,6})([smhd])$/.exec(since ?? "") ?? [];
  if (since !== undefined && number === undefined || tail !== undefined && !/^\d{1,6}$/.test(tail)) return [];
  return [{
    tool: "logs.search",
    args: without({
      ...{ namespace, pod, container },
      limit: tail === undefined ? undefined : Number(tail),
      since_seconds: number === undefined ? undefined : Number(number) * (SECONDS[unit] ?? 1),
      previous: previous === undefined ? undefined : true,
    }),
  }];
}

function rollout([action, ...words]: readonly string[], namespace: string | undefined): readonly MeantCall[] {
  const workload = workloadOf(words);
  if (!workload) return [];
  const args = without({ namespace, ...workload });
  if (action === "status" || action === "history") return [{ tool: "k8s.rollout", args }];
  return action === "restart" ? [{ tool: "k8s.rollout_restart", args }] : [];
}

function workloadOf(words: readonly string[]) {
  const [kind = "", name, ...more] = kindAndName(words);
  if (name === undefined || more.length > 0 || !Object.hasOwn(WORKLOAD, kind)) return undefined;
  return { kind: WORKLOAD[kind], name };
}

/** `deployment/web` and `deployment web`. */
function kindAndName([first, ...rest]: readonly string[]): readonly string[] {
  if (first === undefined) return [];
  return first.includes("/") ? [...first.split("/"), ...rest] : [first, ...rest];
}

function without(args: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}
