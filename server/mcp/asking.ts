import { createHash } from "node:crypto";
import { inputRequired, type InputRequiredResult, type ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import { questionsSchema } from "../../tools/ask.ts";
import type { CallRequest } from "../../tools/call.ts";
import type { ToolError } from "../../tools/error.ts";
import type { SealState } from "./request_state.ts";

/** What a call keeps with its client while it waits for answers. */
const keptSchema = z.object({
  subject: z.string(),
  asked: z.array(z.string()),
  answers: z.record(z.string(), z.unknown()),
});

/** The answers of one call's client, and the way to ask it for more. */
export interface Asking {
  /** Only to what was asked by a call of the same tool with the same arguments. */
  readonly answers: Readonly<Record<string, unknown>>;
  /**
   * The result by which the client is asked. In the era with sessions the SDK sends it as requests of the server, and
   * calls again itself.
   *
   * @param error of the kind `unanswered`
   */
  ask(error: ToolError): Promise<InputRequiredResult>;
}

export function askingOf({ tool, args }: CallRequest, context: ServerContext, seal: SealState): Asking {
  // Few calls ask anything.
  const subjectOf = () => createHash("sha256").update(JSON.stringify([tool, args])).digest("base64url");
  const { inputResponses = {}, requestState } = context.mcpReq;
  const state = requestState();
  const kept = state === undefined ? undefined : keptSchema.safeParse(state).data;
  const answers = kept && kept.subject === subjectOf() ? answersOf(kept, inputResponses) : {};
  return {
    answers,
    async ask({ data }) {
      const questions = Object.entries(questionsSchema.parse(data["questions"]));
      const asked = questions.map(([name]) => name);
      const inputRequests = questions.map(([name, { message, form }]) => [name, elicit(message, form)]);
      return inputRequired({
        inputRequests: Object.fromEntries(inputRequests),
        requestState: await seal({ subject: subjectOf(), asked, answers }, context),
      });
    },
  };
}

/** All answers so far; what was not asked is not answered. */
function answersOf({ asked, answers }: z.output<typeof keptSchema>, given: Readonly<Record<string, unknown>>) {
  const wanted = Object.entries(given).filter(([name]) => asked.includes(name));
  return { ...answers, ...Object.fromEntries(wanted) };
}

function elicit(message: string, form: Readonly<Record<string, unknown>>) {
  type Form = Parameters<typeof inputRequired.elicit>[0]["requestedSchema"];
  // The SDK checks what goes out.
  return inputRequired.elicit({ message, requestedSchema: form as unknown as Form });
}
