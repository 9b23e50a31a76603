import { connectRaw, handshake, textFrame } from "../server/raw_client.ts";
import type { Ledger } from "./ledger.ts";
import type { Replica } from "./replica.ts";
import { requestText } from "./requests.ts";

const CALLS = 8;

/** Opens a WebSocket by hand, sends some calls and cuts the connection off without a closing frame. */
export async function disconnectMidCall({ socketUrl }: Replica, ledger: Ledger): Promise<void> {
  const port = Number(new URL(socketUrl).port);
  await using client = await connectRaw(port);
  await client.send(handshake(port));
  if (!(await client.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 101")) return;
  for (let i = 0; i < CALLS && !ledger.isFull; i++) {
    const call = ledger.open();
    await client.send(textFrame(requestText(call, ledger.marker(call))));
    ledger.lose(call);
  }
}
