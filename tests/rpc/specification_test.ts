import assert from "node:assert/strict";
import { z } from "zod";
import type { MethodTable } from "../../rpc/router.ts";
import { parseAnswer, type Response } from "./response.ts";
import { strictRouter } from "./routers.ts";

const { cases } = z.object({
  cases: z.array(z.object({ name: z.string(), send: z.string(), expect: z.json() })),
}).parse(JSON.parse(Deno.readTextFileSync(new URL("../fixtures/rpc/specification.json", import.meta.url))));

const byPosition = z.tuple([z.number(), z.number()]).transform(([minuend, subtrahend]) => ({ minuend, subtrahend }));
const byName = z.strictObject({ minuend: z.number(), subtrahend: z.number() });

function specificationMethods(notified: unknown[]): MethodTable<void> {
  return {
    subtract: ({ params }) => {
      const { minuend, subtrahend } = z.union([byPosition, byName]).parse(params);
      return minuend - subtrahend;
    },
    sum: ({ params }) => z.array(z.number()).parse(params).reduce((sum, term) => sum + term, 0),
    get_data: () => ["hello", 5],
    update: ({ params }) => void notified.push(["update", params]),
    notify_hello: ({ params }) => void notified.push(["notify_hello", params]),
  };
}

/** The response as the specification prints it: without `data`, which it leaves to the server and whose shape is ours. */
function withoutData(response: Response): unknown {
  if (!("error" in response)) return response;
  const { jsonrpc, id, error: { code, message, data } } = response;
  const { kind, hint } = z.strictObject({ kind: z.string(), hint: z.string() }).parse(data);
  assert.match(kind, /^[a-z_]+$/);
  assert.match(hint, /^[A-Z].*[^.]$/);
  return { jsonrpc, id, error: { code, message } };
}

for (const { name, send, expect } of cases) {
  Deno.test(`strict router answers the specification's example: ${name}`, async () => {
    const reply = await strictRouter(specificationMethods([]))(send);
    const answer = reply && parseAnswer(reply.text);
    const got = answer === undefined ? null : "length" in answer ? answer.map(withoutData) : withoutData(answer);
    assert.deepEqual(got, expect);
  });
}

Deno.test("strict router runs a notification with its params, alone and in a batch", async () => {
  const notified: unknown[] = [];
  const router = strictRouter(specificationMethods(notified));
  assert.equal(await router('{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}'), undefined);
  assert.equal(await router('[{"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]'), undefined);
  assert.deepEqual(notified, [["update", [1, 2, 3, 4, 5]], ["notify_hello", [7]]]);
});
