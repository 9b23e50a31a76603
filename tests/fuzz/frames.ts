import { jsonText, nested, stringText } from "./json_text.ts";
import type { Random } from "./random.ts";

/** Makes texts to send: requests of every tool, and what comes of them when they are bent. */
export interface Frames {
  /** One message or batch, right or wrong. */
  next(): string;
}

/** Right arguments of each tool, as JSON text by name. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ctx.get": { key: '"fuzz"' },
  "ctx.set": { key: '"fuzz"', value: "1" },
  "k8s.list_pods": { namespace: '"default"' },
  "prom.query_simple": { query: '"up"' },
  "logs.search": { namespace: '"default"', query: '"error"' },
  "runbook.preview": { runbook_id: '"image-pull-failing"' },
};

const METHODS = [
  "toString",
  "__proto__",
  "constructor",
  "notifications/initialized",
  "tools/call",
  "rpc.x",
  "",
  "ping",
];

/** @param tools the names that the server lists @param prefix begins every id, which no other maker uses */
export function createFrames(random: Random, tools: readonly string[], prefix: string): Frames {
  let made = 0;

  const idText = () => {
    made++;
    if (!random.once(12)) return random.once(2) ? `"${prefix}-${made}"` : `"${prefix}\\u0000\\ud800${made}"`;
    return jsonText(random, 1);
  };

  const args = (tool: string) => {
    const given: Record<string, string> = { ...ARGUMENTS[tool] };
    for (const name of Object.keys(given)) {
      if (random.once(3)) given[name] = random.once(2) ? stringText(random) : jsonText(random);
      if (random.once(20)) delete given[name];
    }
    const members = Object.entries(given).map(([name, text]) => `"${name}":${text}`);
    // A key twice, a key too many, a key of the prototype.
    if (random.once(8)) members.push(`"key":${jsonText(random)}`);
    if (random.once(12)) members.push(`"__proto__":${jsonText(random)}`);
    if (random.once(25)) members.push(`"deep":${nested(random, random.int(120))}`);
    return `{${members.join(",")}}`;
  };

  const params = (tool: string, isDirect: boolean) => {
    if (random.once(15)) return jsonText(random);
    if (isDirect) return args(tool);
    const name = random.once(12) ? jsonText(random, 1) : JSON.stringify(tool);
    return `{"name":${name},"${random.pick(["args", "args", "arguments", "argz"])}":${args(tool)}}`;
  };

  const request = () => {
    const tool = random.pick(tools);
    const isDirect = random.once(2);
    const method = random.once(15)
      ? random.once(3) ? jsonText(random, 1) : JSON.stringify(random.pick(METHODS))
      : JSON.stringify(isDirect ? tool : "mcp.tools.call");
    const members = [
      `"jsonrpc":${random.once(30) ? jsonText(random, 1) : '"2.0"'}`,
      ...(random.once(25) ? [] : [`"id":${idText()}`]),
      `"method":${method}`,
      ...(random.once(25) ? [] : [`"params":${params(tool, isDirect)}`]),
      ...(random.once(20) ? [`"__proto__":{"id":"x","method":"y"}`] : []),
      ...(random.once(40) ? [`"id":${idText()}`] : []),
    ];
    if (random.once(6)) members.reverse();
    return `{${members.join(random.once(10) ? " ,\n" : ",")}}`;
  };

  const batch = () => {
    const length = random.once(10) ? 30 + random.int(8) : random.int(6);
    return `[${Array.from({ length }, () => random.once(10) ? jsonText(random) : request()).join(",")}]`;
  };

  return {
    next() {
      switch (random.int(20)) {
        case 0:
          return jsonText(random);
        case 1:
          return batch();
        case 2:
        case 3:
        case 4:
          return bend(random, random.once(6) ? batch() : request());
        case 5:
          return random.once(4) ? deep(random) : request();
        default:
          return request();
      }
    },
  };
}

/** A text with some of its characters cut, moved, doubled or replaced. */
function bend(random: Random, text: string): string {
  let bent = text;
  for (let times = 1 + random.int(3); times > 0; times--) {
    const [from, to] = [random.int(bent.length + 1), random.int(bent.length + 1)];
    const piece = random.pick(['"', "{", "}", "[", "]", ",", ":", "\\", "\0", "\ud800", "\ufeff", "1e", "null", " "]);
    bent = random.pick([
      () => bent.slice(0, from) + bent.slice(from + 1),
      () => bent.slice(0, from) + piece + bent.slice(from),
      () => bent.slice(0, from) + piece + bent.slice(from + 1),
      () => bent.slice(0, from),
      () => bent.slice(0, from) + bent.slice(to),
      () => bent + bent.slice(from),
    ])();
  }
  return bent;
}

/** Nesting far beyond any bound, closed or not. */
function deep(random: Random): string {
  const levels = random.pick([63, 64, 65, 1000, 20_000, 100_000]);
  const [open, close] = random.pick([["[", "]"], ['{"a":', "}"]] as const);
  const value = `${open.repeat(levels)}1${random.once(3) ? "" : close.repeat(levels)}`;
  return random.once(2) ? value : `{"jsonrpc":"2.0","id":"deep","method":"ctx.get","params":${value}}`;
}
