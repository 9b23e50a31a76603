import { openRedis } from "../../../storage/redis/connection.ts";
import { createRedisMcpSessionStore } from "../../../storage/redis/mcp_session_store.ts";
import { describeMcpSessionStore } from "../../contracts/mcp_session_store.ts";
import { startRedis } from "../../services/redis.ts";

describeMcpSessionStore("Redis", async () => {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await startRedis());
  const open = () => createRedisMcpSessionStore(stack.use(openRedis(service.url, { onState: () => {} })));
  const [store, other] = [open(), open()];
  const owned = stack.move();
  return {
    store,
    other,
    async expire(id: string) {
      await service.cli("PEXPIREAT", `mcp:session:{${id}}`, "1");
    },
    async expireLease(id, lease) {
      await service.cli("PEXPIREAT", `mcp:session:{${id}}:lease:${lease}`, "1");
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
});
