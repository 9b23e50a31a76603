import { ROOT } from "../../services/server.ts";
import { parseObjects } from "../objects.ts";
import { inPod } from "./in_pod.ts";
import { forwardPort } from "./forward_port.ts";
import type { StandInCall, World } from "./world.ts";

const NAMESPACE = "Namespace/mcp-lab";
/** The Secret without which the pods of an object do not start. */
const SECRETS: Readonly<Record<string, string>> = {
  "StatefulSet/redis-mcp": "redis-mcp",
  "StatefulSet/postgres-mcp": "postgres-mcp",
  "Deployment/mcp-server": "mcp-server",
};
const PODS: Readonly<Record<string, readonly string[]>> = {
  "StatefulSet/redis-mcp": ["redis-mcp-0"],
  "StatefulSet/postgres-mcp": ["postgres-mcp-0"],
  "Deployment/prometheus": ["prometheus-5c9d8f7b6c-x2x4z"],
  "Deployment/mcp-server": ["a", "b", "c"].map((letter) => `mcp-server-7f6d5c4b3a-${letter.repeat(5)}`),
};

/** What kubectl prints. @throws with what it says where it fails */
export async function kubectl(call: StandInCall): Promise<string> {
  const { world, real } = call;
  const args = call.args[0] === "--context" ? call.args.slice(2) : call.args;
  const value = (flag: string) => args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined;
  if (args[0] !== "version" && world.clusters.length === 0) {
    throw new Error(
      "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
    );
  }
  switch (args[0]) {
    case "version":
      return "Client Version: v1.30.0\nKustomize Version: v5.0.4";
    case "config":
      return 'Switched to context "kind-mcp-lab".';
    case "apply":
      return await apply(value("-f") ?? value("-k") ?? "", args.includes("-k"), world);
    case "create":
      return createSecret(call.input, world);
    case "get":
      return get(args, world);
    case "rollout":
    case "wait": {
      const object = Object.keys(PODS).find((name) => args.some((arg) => arg.toLowerCase() === name.toLowerCase())) ??
        Object.keys(PODS).find((name) => name.endsWith(`/${value("-l")?.slice("app=".length)}`));
      const secret = SECRETS[object ?? ""];
      if (!object || !world.objects.includes(object)) throw new Error("error: no matching resources found");
      if (secret && !world.secrets[secret]) throw new Error("error: timed out waiting for the condition");
      return `${object.toLowerCase()} condition met`;
    }
    case "exec":
      return await inPod(args[1] ?? "", args.slice(args.indexOf("--") + 1), real);
    case "logs":
      return real.serverLog;
    case "patch":
      return "deployment.apps/mcp-server patched";
    case "port-forward":
      return await forwardPort(Number(args.at(-1)?.split(":")[0]), real.serverPort, call.signal);
    case "delete":
      world.objects = [];
      world.secrets = {};
      return 'namespace "mcp-lab" deleted';
    default:
      throw new Error(`error: unknown command ${args.join(" ")}`);
  }
}

async function apply(path: string, folder: boolean, world: World): Promise<string> {
  const files = folder
    ? ["namespace", "redis", "postgres", "prometheus", "mcp-deployment", "mcp-service"].map((name) =>
      `${path}${name}.yaml`
    )
    : [path];
  const lines: string[] = [];
  for (const file of files) {
    for (const { kind, metadata } of parseObjects(await Deno.readTextFile(`${ROOT}${file}`))) {
      const name = `${kind}/${metadata.name}`;
      if (name !== NAMESPACE && !world.objects.includes(NAMESPACE)) {
        throw new Error(`Error from server (NotFound): error when creating "${file}": namespaces "mcp-lab" not found`);
      }
      lines.push(`${name.toLowerCase()} ${world.objects.includes(name) ? "unchanged" : "created"}`);
      if (!world.objects.includes(name)) world.objects.push(name);
    }
  }
  return lines.join("\n");
}

function createSecret(text: string, world: World): string {
  const [secret] = parseObjects(text);
  const name = secret?.metadata.name ?? "";
  if (world.secrets[name]) throw new Error(`Error from server (AlreadyExists): secrets "${name}" already exists`);
  world.secrets[name] = Object.fromEntries(
    Object.entries(secret?.["stringData"] ?? {}).map(([key, value]) => [key, String(value)]),
  );
  return `secret/${name} created`;
}

function get(args: readonly string[], world: World): string {
  const [, what, name = ""] = args;
  switch (what) {
    case "nodes":
      return "NAME                    STATUS   ROLES           AGE   VERSION\nmcp-lab-control-plane   Ready    control-plane   30s   v1.30.0";
    case "ns":
    case "namespace":
      if (!world.objects.includes(NAMESPACE)) {
        throw new Error(`Error from server (NotFound): namespaces "${name}" not found`);
      }
      return "NAME      STATUS   AGE\nmcp-lab   Active   5s";
    case "secret": {
      const key = /index \.data "(\w+)"/.exec(args.join(" "))?.[1];
      const data = world.secrets[name];
      return key === undefined ? Object.keys(data ?? {}).join("\n") : data?.[key] ?? "";
    }
    case "pods": {
      const app = args.includes("-l") ? `/${args[args.indexOf("-l") + 1]?.slice("app=".length)}` : "";
      const pods = world.objects.filter((object) => object.endsWith(app)).flatMap((object) => PODS[object] ?? []);
      return [
        "NAME   READY   STATUS   RESTARTS   AGE",
        ...pods.map((pod) => `${pod}   1/1     Running   0          30s`),
      ]
        .join("\n");
    }
    default:
      throw new Error(`error: the server doesn't have a resource type "${what}"`);
  }
}
