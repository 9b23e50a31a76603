import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import { redactText } from "../redact.ts";
import { listRunbooks, readRunbookFile } from "./folder.ts";
import { type Runbook, RunbookFormatError } from "./runbook.ts";

/** The runbooks that the operator keeps. */
export interface RunbookLibrary {
  /**
   * @param id name of a runbook: lower-case letters, digits and dashes
   * @throws {ToolError} `invalid_params` for what can be no id, `not_found` with the near ids, `tool_failed` where the
   * file cannot be used, `unavailable` where there is no library.
   */
  read(id: string): Promise<Runbook>;
  /** A runbook's Markdown as it was written. @throws {ToolError} as `read`, but for the form, which is not looked at. */
  readMarkdown(id: string): Promise<string>;
  /** Ids of the runbooks that there are, in order; at most 1,000. @throws {ToolError} `unavailable` without a library. */
  ids(): Promise<readonly string[]>;
}

/** No dots and no slashes: an id cannot lead out of the folder. */
const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** A file of prometheus-operator/runbooks is named by its alert; `README` is none. */
const ALERT_FILE = /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z][A-Za-z0-9]{0,63}$/;
const SHOWN_CHARS_MAX = 80;
const SHOWN_IDS_MAX = 20;

/**
 * The library of the Markdown files in a folder: `pod-pending.md` is the runbook `pod-pending`, and one that is named by
 * an alert, `KubePodCrashLooping.md`, is `kubepodcrashlooping`. Files are read afresh at each call, so that an edit counts
 * at once.
 */
export function openRunbookLibrary(folder: string): RunbookLibrary {
  async function readMarkdown(id: string): Promise<string> {
    if (!ID.test(id)) throw invalidId(id);
    const text = await readRunbookFile(folder, id) ?? await readAlertFile(folder, id);
    if (text === undefined) throw await notFound(folder, id);
    return text;
  }

  return {
    readMarkdown,
    ids: () => listIds(folder),
    async read(id) {
      const text = await readMarkdown(id);
      // Loaded with the first runbook: the YAML and Markdown parsers would cost every start 90 ms.
      const { parseRunbook } = await import("./parse.ts");
      try {
        return parseRunbook(id, text);
      } catch (error) {
        if (!(error instanceof RunbookFormatError)) throw error;
        throw new ToolError("tool_failed", `Cannot read runbook "${id}": ${error.message}`, {
          hint: `Ask the operator to correct ${id}.md; the other runbooks can be read`,
          cause: error,
        });
      }
    },
  };
}

function invalidId(id: string): ToolError {
  // Redacted before it is cut, for half a secret has no looks.
  const safe = redactText(id);
  const shown = safe.length > SHOWN_CHARS_MAX ? `${safe.slice(0, SHOWN_CHARS_MAX).toWellFormed()}…` : safe;
  return new ToolError(
    "invalid_params",
    `Invalid runbook_id ${JSON.stringify(shown)}: expected 1 to 64 lower-case letters, digits and dashes`,
    { hint: 'Give the name of a runbook, such as "pod-crash-looping"; paths are not accepted' },
  );
}

async function listIds(folder: string): Promise<readonly string[]> {
  const ids = (await listRunbooks(folder)).flatMap((name) => ID.test(name) ? [name] : idOfAlertFile(name) ?? []);
  return [...new Set(ids)].sort();
}

function idOfAlertFile(name: string): string | undefined {
  return ALERT_FILE.test(name) ? name.toLowerCase() : undefined;
}

async function readAlertFile(folder: string, id: string): Promise<string | undefined> {
  const name = (await listRunbooks(folder)).find((name) => idOfAlertFile(name) === id);
  return name === undefined ? undefined : await readRunbookFile(folder, name);
}

async function notFound(folder: string, id: string): Promise<ToolError> {
  const ids = await listIds(folder);
  const near = nearest(id, ids);
  const hint = near.length > 0
    ? `Did you mean ${near.map((name) => `"${name}"`).join(" or ")}?`
    : ids.length > 0
    ? `There are: ${ids.slice(0, SHOWN_IDS_MAX).join(", ")}${ids.length > SHOWN_IDS_MAX ? ", …" : ""}`
    : "The folder that RUNBOOK_DIR names holds no runbooks: ask the operator";
  return new ToolError("not_found", `Cannot find runbook "${id}"`, { hint, data: { near } });
}
