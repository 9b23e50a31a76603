import { parseArgs } from "node:util";
import { VERSION } from "./version.ts";

/** What the command line asks for. */
export type Command =
  | { readonly kind: "serve" | "check-config"; readonly dev: boolean }
  | { readonly kind: "print"; readonly text: string; readonly exitCode: 0 | 2 };

const HELP = `mcp-server ${VERSION}: one safe door for AI agents into a Kubernetes cluster

Usage: deno task dev | deno task start | main.ts [options]

  --dev            bind 127.0.0.1 unless HOST says otherwise
  --check-config   validate the settings and end: 0 = valid, 2 = not
  --version        print the version
  --help           print this

Settings come from the environment; README.md lists them.`;

/** Reads the command line. */
export function readCommand(args: string[]): Command {
  try {
    const { values } = parseArgs({
      args,
      options: {
        dev: { type: "boolean" },
        "check-config": { type: "boolean" },
        version: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return { kind: "print", text: HELP, exitCode: 0 };
    if (values.version) return { kind: "print", text: VERSION, exitCode: 0 };
    return { kind: values["check-config"] ? "check-config" : "serve", dev: values.dev ?? false };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "print", text: `${reason}\n\n${HELP}`, exitCode: 2 };
  }
}
