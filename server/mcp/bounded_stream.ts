/** Bytes that may wait for a client that does not read: some 1,500 notices. */
const UNREAD_BYTES_MAX = 256 * 1024;

/**
 * Reads a stream as fast as it comes, and ends it for a client that leaves too much unread: whoever writes it, as the
 * SDK does, writes on whether or not anybody reads.
 *
 * @param response whose body, where it has one, is handed on
 * @param onEnd told once when the stream is over, or the client has gone
 */
export function boundUnread(response: Response, onEnd: () => void, bytesMax = UNREAD_BYTES_MAX): Response {
  const { body } = response;
  if (!body) {
    onEnd();
    return response;
  }
  const reader = body.getReader();
  const end = once(onEnd);

  async function pump(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (next.value.byteLength > (controller.desiredSize ?? 0)) {
        await reader.cancel();
        break;
      }
      controller.enqueue(next.value);
    }
    controller.close();
  }

  const bounded = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      // Not awaited: it goes on as long as the stream. A body that breaks off breaks this one off.
      pump(controller).catch((error) => controller.error(error)).finally(end);
    },
    async cancel() {
      end();
      await reader.cancel();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: bytesMax }));
  return new Response(bounded, response);
}

function once(call: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) call();
    isDone = true;
  };
}
