/** How urgent it is; `unspecified` where the runbook does not say. */
export type Severity = "critical" | "warning" | "info" | "unspecified";

/** One thing to do, with the commands it names. */
export interface Step {
  /** 1, 2, 3, … */
  readonly number: number;
  readonly title: string;
  /** Markdown; `[command 2]` stands where the second command stood. */
  readonly text: string;
  /** Shell commands, as written, to be read and never run from here. */
  readonly commands: readonly string[];
}

export interface Link {
  readonly title: string;
  /** http:// or https:// */
  readonly url: string;
}

/** What an operator does when an alert fires or something is wrong. */
export interface Runbook {
  /** The file's name without `.md`. */
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly severity: Severity;
  /** Names of the alerts that it is for. */
  readonly alerts: readonly string[];
  /** At least one. */
  readonly steps: readonly Step[];
  readonly links: readonly Link[];
}

/** A runbook's text is not in the form of one; the message says where and what was expected. */
export class RunbookFormatError extends Error {
  override readonly name = "RunbookFormatError";
}
