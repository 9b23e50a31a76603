import process from "node:process";
import type { Redis } from "ioredis";

/**
 * Has a client's commands of one turn of the event loop leave in one write, in their order: a write of its own costs more
 * than the rest of a short command. None is held back beyond the turn. (The driver's auto-pipelining does the same by
 * building a pipeline, whose objects cost calls that come one by one.)
 */
export function writeOnceATurn(client: Redis): void {
  client.on("connect", () => {
    const { stream } = client;
    const write = stream.write;
    stream.write = function (...args: Parameters<typeof write>) {
      if (stream.writableCorked === 0) {
        stream.cork();
        process.nextTick(() => stream.uncork());
      }
      return Reflect.apply(write, stream, args);
    } as typeof write; // It has overloads.
  });
}
