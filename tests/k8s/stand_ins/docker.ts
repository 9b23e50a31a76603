import type { StandInCall } from "./world.ts";

/** What docker prints. @throws with what it says where it fails */
export function docker({ args, world }: StandInCall): string {
  switch (args[0]) {
    case "--version":
      return "Docker version 28.2.2, build e6534b4";
    case "info":
      return "Server:";
    case "build":
      world.image = true;
      return "naming to docker.io/library/mcp-server:latest";
    case "image":
      if (!world.image) throw new Error("Error response from daemon: No such image: mcp-server:latest");
      return "sha256:0123456789ab";
    case "exec":
      return `IMAGE TAG IMAGE ID SIZE\n${
        world.loaded ? "docker.io/library/mcp-server   latest   0123456789ab   200MB" : ""
      }`;
    case "rmi":
      world.image = false;
      return "Untagged: mcp-server:latest";
    default:
      throw new Error(`docker: unknown command: ${args.join(" ")}`);
  }
}
