/**
 * Prints the program that the image starts: the server with no more rights than it needs. What it may not see of the
 * environment is as if unset, because libraries look through all of it. Files that settings name are read from the
 * folders that containers mount such files in; whom it may call is up to the settings.
 */
import { settingsSchema } from "../../server/settings_schema.ts";

const names = Object.keys(settingsSchema.shape).flatMap((name) => [name, `${name}_FILE`]);
const flags = [
  "--cached-only",
  "--frozen",
  "--no-prompt",
  "--allow-net",
  `--allow-env=${names}`,
  "--ignore-env",
  "--allow-read=/app,/data,/etc/mcp-server,/etc/ssl,/run/secrets,/var/run/secrets",
  "--allow-write=/data",
  "--allow-sys=hostname",
];

// deno-lint-ignore no-console -- The program is this one's output.
console.log(`#!/bin/sh\nexec deno run ${flags.join(" \\\n  ")} \\\n  /app/main.ts "$@"`);
