import assert from "node:assert/strict";
import { z } from "zod";
import type { MethodTable } from "../../rpc/router.ts";
import { parseAnswer, type Response } from "./response.ts";
import { houseRouter, strictRouter } from "./routers.ts";

/*
 * tests/fixtures/rpc/malformed.json: `send` is the raw text, in parts where some repeat. What is expected of the
 * strict router and of the house's stands apart where it differs: null for no reply, an array for a batch.
 */
const part = z.union([z.string(), z.strictObject({ repeat: z.string(), times: z.int() })]);
const id = z.union([z.string(), z.number(), z.null()]);
const response = z.union([z.strictObject({ code: z.int(), id }), z.strictObject({ result: z.literal("pong"), id })]);
const expected = z.union([response, z.array(response), z.null()]);
const named = { name: z.string(), send: z.union([z.string(), z.array(part)]) };
const { limits, groups } = z.strictObject({
  limits: z.strictObject({ batchMax: z.int(), depthMax: z.int() }),
  groups: z.array(z.strictObject({
    about: z.string(),
    cases: z.array(z.union([
      z.strictObject({ ...named, both: expected }),
      z.strictObject({ ...named, strict: expected, house: expected }),
    ])),
  })),
}).parse(JSON.parse(Deno.readTextFileSync(new URL("../fixtures/rpc/malformed.json", import.meta.url))));

const methods: MethodTable<void> = {
  ping: () => "pong",
  fault: () => {
    throw new Error("a fault of ours");
  },
};
const routers = { strict: strictRouter(methods, limits), house: houseRouter(methods, limits) };

function textOf(send: string | readonly z.output<typeof part>[]): string {
  if (typeof send === "string") return send;
  return send.map((piece) => typeof piece === "string" ? piece : piece.repeat.repeat(piece.times)).join("");
}

function summary(response: Response): unknown {
  return "error" in response
    ? { code: response.error.code, id: response.id }
    : { result: response.result, id: response.id };
}

for (const { about, cases } of groups) {
  for (const one of cases) {
    for (const dialect of ["strict", "house"] as const) {
      Deno.test(`${dialect} router on odd messages: ${about}: ${one.name}`, async () => {
        const reply = await routers[dialect](textOf(one.send));
        const answer = reply && parseAnswer(reply.text);
        const got = answer === undefined ? null : "length" in answer ? answer.map(summary) : summary(answer);
        assert.deepEqual(got, "both" in one ? one.both : one[dialect]);
        const code = got !== null && typeof got === "object" && "code" in got ? got.code : undefined;
        assert.equal(reply?.errorCode, code);
        assert((reply?.text.length ?? 0) < 1000, "An error must not send back what came");
      });
    }
  }
}

Deno.test("the odd messages are at least 60", () => {
  assert(groups.flatMap(({ cases }) => cases).length >= 60);
});
