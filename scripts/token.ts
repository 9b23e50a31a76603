import { runTask } from "./command_line.ts";
import { create } from "./token/create.ts";
import { hash } from "./token/hash.ts";
import { list } from "./token/list.ts";
import { revoke } from "./token/revoke.ts";
import { rotate } from "./token/rotate.ts";

await runTask({
  name: "token",
  commands: { create, list, revoke, rotate, hash },
  about:
    `deno task token <command> --help tells more; docs/auth.md tells all. The keys are those that the server's settings name:
REDIS_URL, else DATA_DIR, and TOKENS_FILE. A server takes them with AUTH_MODE=token.`,
  // A key that was typed in the wrong place is repeated nowhere.
  hide: (text) => text.replaceAll(/(mcp_[a-z0-9]{16}_)[\w-]+/gi, "$1***"),
}, Deno.args);
