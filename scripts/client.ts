import { type ClientCommand, readArguments, USAGE } from "./client/arguments.ts";
import { createChecks, runCheck } from "./client/checks.ts";
import { connect, type Connection, ConnectionError } from "./client/connection.ts";
import { UsageError } from "./client/usage_error.ts";

// deno-lint-ignore no-console -- What it prints is what it is for.
const print = (line: string) => console.log(line);
// deno-lint-ignore no-console -- Errors go where a pipe does not take them.
const complain = (line: string) => console.error(line);

/** Runs a command over a connection. @returns the exit code. */
async function run(command: Exclude<ClientCommand, { kind: "help" }>, connection: Connection): Promise<0 | 1> {
  switch (command.kind) {
    case "check":
      return await check(command.names, connection);
    case "list":
      return await show(connection, "mcp.tools.list", undefined);
    case "call":
      return await show(connection, "mcp.tools.call", { name: command.tool, args: command.args });
  }
}

async function check(names: readonly string[], connection: Connection): Promise<0 | 1> {
  const checks = createChecks(crypto.randomUUID());
  let passed = true;
  for (const name of names) {
    const test = checks[name];
    if (test) passed = await runCheck(test, connection, print) && passed;
  }
  print(passed ? "\nAll tests completed successfully! ✅" : "\nSome tests failed ❌");
  return passed ? 0 : 1;
}

async function show(connection: Connection, method: string, params: unknown): Promise<0 | 1> {
  const { result, error } = await connection.request({ id: 1, method, params });
  if (!error) {
    print(JSON.stringify(result, null, 2));
    return 0;
  }
  const { kind = "error", hint } = error.data ?? {};
  complain(`${kind} (${error.code}): ${error.message}`);
  if (hint) complain(`Hint: ${hint}`);
  return 1;
}

async function main(): Promise<0 | 1 | 2> {
  try {
    const command = readArguments(Deno.args, Deno.env.toObject(), Deno.readTextFileSync);
    if (command.kind === "help") {
      print(USAGE);
      return 0;
    }
    if (command.kind === "check") print("🔌 Connecting to MCP Server...");
    using connection = await connect(command.url, command.timeoutMs, command.token);
    if (command.kind === "check") print(`✓ Connected to ${command.url}`);
    return await run(command, connection);
  } catch (error) {
    if (error instanceof UsageError) {
      complain(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    if (!(error instanceof ConnectionError)) throw error;
    complain(error.message);
    return 1;
  }
}

Deno.exit(await main());
