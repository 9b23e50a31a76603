import { ROOT } from "../../services/server.ts";
import { docker } from "./docker.ts";
import { kind } from "./kind.ts";
import { kubectl } from "./kubectl.ts";
import { NOTHING, type RealServices, type StandIn, type World } from "./world.ts";

/** What a script did. */
export interface ScriptRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Each call of docker, kind and kubectl, in order. */
  readonly calls: readonly string[];
}

/** What calls meet. */
export interface Obstacles {
  /** The beginning of a command line that fails, and what it then says. */
  readonly failing?: { readonly command: string; readonly says: string };
  /** What commands print instead of what they would, by the beginning of their command lines. */
  readonly printing?: Readonly<Record<string, string>>;
}

/** A machine on which docker, kind and kubectl are stand-ins, that answer as the real ones would. */
export interface StandIns extends AsyncDisposable {
  readonly world: World;
  /** Goes back to nothing, or what is given, and puts these obstacles into the way. */
  reset(world?: World, obstacles?: Obstacles): void;
  /** Runs a script of this repository with bash, the stand-ins first in its PATH. */
  run(script: string, args?: readonly string[], env?: Record<string, string>): Promise<ScriptRun>;
}

/** The whole lab takes some ten seconds, and more on a busy machine. */
const RUN_MS = 180_000;
const STAND_INS: Readonly<Record<string, StandIn>> = { docker, kind, kubectl };
const NO_SERVICES: RealServices = {
  redisPort: 0,
  prometheusUrl: "",
  serverPort: 0,
  serverLog: "",
  psql: [],
  pgPassword: "",
};

/** Each program sends its arguments here and prints the answer; standard input goes with `create -f -` alone. */
const program = (name: string, url: string) =>
  `#!/bin/bash
send() { curl -sS --data-binary @- -w '\\n%{http_code}' '${url}'; }
case $1 in port-forward) exec curl -sS --data-binary @<(printf '%s\\0' ${name} "$@") '${url}' ;; esac
if [[ $* == 'create -f -' ]]; then answer=$({ printf '%s\\0' ${name} "$@"; cat; } | send)
else answer=$(printf '%s\\0' ${name} "$@" | send); fi
text=\${answer%$'\\n'*}
[[ \${answer##*$'\\n'} == 200 ]] || { printf '%s\\n' "$text" >&2; exit 1; }
[[ -z $text ]] || printf '%s\\n' "$text"
`;
/** The tests of steps 10 and 11 are tests by themselves. */
const deno = `#!/bin/sh
case "$*" in 'ci --quiet' | 'task test:guide') echo "deno $*" ;; *) exec '${Deno.execPath()}' "$@" ;; esac
`;

export async function makeStandIns(real: RealServices = NO_SERVICES): Promise<StandIns> {
  let world = structuredClone(NOTHING);
  let obstacles: Obstacles = {};
  let calls: string[] = [];

  async function answer(request: Request): Promise<Response> {
    const parts = (await request.text()).split("\0");
    const [name = "", ...args] = parts.slice(0, -1);
    const command = [name, ...args].join(" ");
    calls.push(command);
    const { failing, printing = {} } = obstacles;
    if (failing && command.startsWith(failing.command)) return new Response(failing.says, { status: 500 });
    const printed = Object.entries(printing).find(([beginning]) => command.startsWith(beginning))?.[1];
    if (printed !== undefined) return new Response(printed);
    try {
      const call = { args, input: parts.at(-1) ?? "", world, real, signal: request.signal };
      return new Response(await STAND_INS[name]?.(call));
    } catch (error) {
      return new Response(error instanceof Error ? error.message : String(error), { status: 500 });
    }
  }

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  const folder = await Deno.makeTempDir({ prefix: "stand-ins-" });
  const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
  for (const name of Object.keys(STAND_INS)) await write(name, program(name, `http://127.0.0.1:${server.addr.port}/`));
  await write("deno", deno);
  return {
    get world() {
      return world;
    },
    reset(given = NOTHING, met = {}) {
      world = structuredClone(given);
      obstacles = met;
    },
    async run(script, args = [], env = {}) {
      calls = [];
      const { code, stdout, stderr } = await new Deno.Command("bash", {
        args: [`${ROOT}${script}`, ...args],
        env: { ...env, PATH: `${folder}:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
        stdin: "null",
        signal: AbortSignal.timeout(RUN_MS),
      }).output();
      const decoder = new TextDecoder();
      return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr), calls };
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
