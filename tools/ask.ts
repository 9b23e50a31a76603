import { z } from "zod";
import type { JsonObject } from "../storage/json.ts";
import type { ToolCall } from "./tool.ts";
import { ToolError } from "./error.ts";

/** A question to the person at the caller's end. */
export interface Question<Form extends z.ZodObject> {
  /** Tells it from the tool's other questions. */
  readonly name: string;
  readonly message: string;
  /** Texts, numbers, booleans and choices, flat: more no client shows as a form. */
  readonly form: Form;
}

/** `decline`: said no. `cancel`: went away without a word. */
export type Answer<Content> =
  | { readonly action: "accept"; readonly content: Content }
  | { readonly action: "decline" | "cancel" };

/** What goes out of a question that has no answer yet, by its name in `ToolError.data.questions`. */
export const questionsSchema = z.record(
  z.string(),
  z.object({ message: z.string(), form: z.record(z.string(), z.unknown()) }),
);

/**
 * The answer to a question. Where there is none yet, this ends the call: the dialect puts the question to its client,
 * which calls again with the answer, to this replica or another. So a tool asks before it changes anything, and asks
 * the same of the same arguments; several questions are put one after the other.
 *
 * An answer is what the client says that a person said. It holds only for the tool, arguments and principal for which
 * the question was put.
 *
 * @throws {ToolError} `unanswered`
 */
export function ask<Form extends z.ZodObject>(
  { answers }: Pick<ToolCall, "answers">,
  { name, message, form }: Question<Form>,
): Answer<z.output<Form>> {
  const answer = z.union([
    z.object({ action: z.literal("accept"), content: form }),
    z.object({ action: z.enum(["decline", "cancel"]) }),
  ]).safeParse(answers && Object.hasOwn(answers, name) ? answers[name] : undefined).data;
  // The union's inferred type is lost where the form is generic.
  if (answer) return answer as Answer<z.output<Form>>;
  if (!answers) {
    throw new ToolError("unanswered", `This call needs an answer first: ${message}`, {
      hint: "Call it over the official protocol, with a client that can ask its user",
    });
  }
  const { $schema: _, ...shape } = z.toJSONSchema(form, { io: "input" });
  const question = { message, form: shape };
  throw new ToolError("unanswered", `This call waits for an answer: ${message}`, {
    hint: "Ask the user, and call again with the answer",
    // A JSON Schema is JSON.
    data: { questions: { [name]: question } } as unknown as JsonObject,
  });
}
