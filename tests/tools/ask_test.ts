import assert from "node:assert/strict";
import { z } from "zod";
import { ask } from "../../tools/ask.ts";
import { ToolError } from "../../tools/error.ts";

const form = z.object({ replicas: z.int().min(0).describe("How many to keep") });
const question = { name: "confirm", message: 'Scale "web" down?', form };

function askWith(answers: Readonly<Record<string, unknown>> | undefined) {
  try {
    return ask({ answers }, question);
  } catch (error) {
    assert(error instanceof ToolError);
    return { kind: error.kind, questions: error.data["questions"] };
  }
}

const ASKED = {
  kind: "unanswered",
  questions: {
    confirm: {
      message: 'Scale "web" down?',
      form: {
        type: "object",
        properties: {
          replicas: { type: "integer", minimum: 0, maximum: 9007199254740991, description: "How many to keep" },
        },
        required: ["replicas"],
      },
    },
  },
};

const CASES:
  readonly (readonly [what: string, answers: Readonly<Record<string, unknown>> | undefined, outcome: unknown])[] = [
    ["an answer", { confirm: { action: "accept", content: { replicas: 1 } } }, {
      action: "accept",
      content: { replicas: 1 },
    }],
    ["a no", { confirm: { action: "decline" } }, { action: "decline" }],
    ["a person who went away", { confirm: { action: "cancel", content: {} } }, { action: "cancel" }],
    ["no answer yet", {}, ASKED],
    ["an answer to another question", { other: { action: "accept", content: { replicas: 1 } } }, ASKED],
    ["an answer that does not fit the form", { confirm: { action: "accept", content: { replicas: -1 } } }, ASKED],
    ["an answer without a content", { confirm: { action: "accept" } }, ASKED],
    ["a client that cannot be asked", undefined, { kind: "unanswered", questions: undefined }],
  ];

Deno.test.each(CASES)("a tool that asks gets %s", (_, answers, outcome) => {
  assert.deepEqual(askWith(answers), outcome);
});
