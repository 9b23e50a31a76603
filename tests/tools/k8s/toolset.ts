import { parseArguments } from "../../../tools/arguments.ts";
import { type Authorizer, openAuthorizer } from "../../../tools/authorizer.ts";
import type { CatalogueOptions, ToolsetOptions } from "../../../tools/catalogue.ts";
import type { Cluster } from "../../../tools/k8s/cluster.ts";
import { clusterTools } from "../../../tools/k8s/toolset.ts";
import { type Prometheus, prometheusNotConfigured } from "../../../tools/prom/prometheus.ts";
import { redact } from "../../../tools/redact.ts";
import { shape } from "../../../tools/shape.ts";
import type { Tool, ToolCall } from "../../../tools/tool.ts";
import { markUntrusted } from "../../../tools/untrusted/mark.ts";
import { call as anyCall } from "./call.ts";

// deno-lint-ignore no-explicit-any -- what tools answer, which the tests know
export type Answer = any;

/** An answer as it leaves: cleaned, marked, redacted. */
export interface Left {
  readonly result: Answer;
  /** The text of the official dialect. */
  readonly text: string;
  readonly tokens: number;
}

export interface AskedToolset {
  readonly tools: readonly Tool[];
  ask(name: string, args: Readonly<Record<string, unknown>>, call?: ToolCall): Promise<Left>;
}

/** The toolset over a cluster, without the parts of the call path that it does not need. */
export function toolsetOf(
  cluster: Cluster,
  { prometheus = prometheusNotConfigured(), authorizer = openAuthorizer, more = [] }: {
    readonly prometheus?: Prometheus;
    readonly authorizer?: Authorizer;
    /** Tools beside those of the toolset. */
    readonly more?: readonly Tool[];
  } = {},
): AskedToolset {
  const options: Pick<CatalogueOptions, "cluster" | "prometheus" | "authorizer"> = { cluster, prometheus, authorizer };
  const tools = [...more, ...clusterTools(options as ToolsetOptions)]; // It takes no other options.
  return {
    tools,
    async ask(name, args, call = anyCall()) {
      const tool = tools.find((one) => one.name === name);
      if (!tool) throw new Error(`There is no tool ${name}`);
      const given = await tool.run(parseArguments(tool, args), call);
      const left = redact(tool.untrusted === undefined ? given : markUntrusted(given, tool.untrusted));
      const { text, tokens } = shape(left, Infinity);
      const result = JSON.parse(text);
      tool.output.parse(result);
      return { result, text: tool.print?.(result) ?? text, tokens };
    },
  };
}
