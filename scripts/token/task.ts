import type { Task } from "../command_line.ts";
import { create } from "./create.ts";
import { hash } from "./hash.ts";
import { list } from "./list.ts";
import { revoke } from "./revoke.ts";
import { rotate } from "./rotate.ts";

/** What `deno task token` can do. */
export const tokenTask: Task = {
  name: "token",
  commands: { create, list, revoke, rotate, hash },
  about:
    `deno task token <command> --help tells more; docs/auth.md tells all. The keys are those that the server's settings name:
REDIS_URL, else DATA_DIR, and TOKENS_FILE. A server takes them with AUTH_MODE=token.`,
  // A key that was typed in the wrong place is repeated nowhere.
  hide: (text) => text.replaceAll(/(mcp_[a-z0-9]{16}_)[\w-]+/gi, "$1***"),
};
