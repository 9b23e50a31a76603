import { formatDuration, minus } from "../core/format.ts";
import { errorOf, type Exchange } from "./exchange.ts";

/** How a request ended in a few words, and its colour. */
export interface Summary {
  readonly tone: "waiting" | "result" | "error";
  readonly words: string;
  readonly duration: string;
}

export function summarize({ outcome }: Exchange): Summary {
  switch (outcome.kind) {
    case "waiting":
      return { tone: "waiting", words: "Waiting…", duration: "" };
    case "sent":
      return { tone: "waiting", words: "Sent, no reply due", duration: "" };
    case "lost":
      return { tone: "error", words: outcome.reason, duration: "" };
    case "past":
      return outcome;
    case "reply": {
      const error = errorOf(outcome.text);
      const duration = outcome.durationMs === undefined ? "" : formatDuration(outcome.durationMs);
      if (error) return { tone: "error", words: `Error ${minus(error.code)}`, duration };
      return { tone: "result", words: "Result", duration };
    }
  }
}
