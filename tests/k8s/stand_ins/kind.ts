import { NOTHING, type StandInCall } from "./world.ts";

/** What kind prints. @throws with what it says where it fails */
export function kind({ args, world }: StandInCall): string {
  const name = args[args.indexOf("--name") + 1] ?? "";
  switch (`${args[0]} ${args[1] ?? ""}`.trim()) {
    case "--version":
      return "kind version 0.23.0";
    case "get clusters":
      return world.clusters.join("\n");
    case "create cluster":
      if (world.clusters.includes(name)) throw new Error(`ERROR: node(s) already exist for a cluster named "${name}"`);
      world.clusters.push(name);
      return `Set kubectl context to "kind-${name}"`;
    case "load docker-image":
      if (!world.image) throw new Error(`ERROR: image: "${args[2]}" not present locally`);
      world.loaded = true;
      return "";
    case "delete cluster":
      Object.assign(world, structuredClone(NOTHING), { image: world.image });
      return `Deleted nodes: ["${name}-control-plane"]`;
    default:
      throw new Error(`ERROR: unknown command: ${args.join(" ")}`);
  }
}
