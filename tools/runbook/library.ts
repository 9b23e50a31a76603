import { ToolError } from "../error.ts";
import { nearest } from "../nearest.ts";
import { redactText } from "../redact.ts";
import { findRunbooks, readRunbookFile } from "./folder.ts";
import { type Runbook, RunbookFormatError } from "./runbook.ts";

/** Runbooks that are looked at. */
export const RUNBOOKS_MAX = 1_000;

/** The runbooks that the operator keeps. */
export interface RunbookLibrary {
  /**
   * @param id name of a runbook: lower-case letters, digits and dashes
   * @throws {ToolError} `invalid_params` for what can be no id, `not_found` with the near ids, `tool_failed` where the
   * file cannot be used or several files have the id, `unavailable` where there is no library.
   */
  read(id: string): Promise<Runbook>;
  /** A runbook's Markdown as it was written. @throws {ToolError} as `read`, but for the form, which is not looked at. */
  readMarkdown(id: string): Promise<string>;
  /** Ids of the runbooks that there are, in order; at most `RUNBOOKS_MAX`. @throws {ToolError} `unavailable` without a library. */
  ids(): Promise<readonly string[]>;
  /** All that there are now, to read many of them. @throws {ToolError} as `ids` */
  open(): Promise<OpenedRunbooks>;
}

/** What a library holds at one moment. */
export interface OpenedRunbooks {
  readonly ids: readonly string[];
  /** @throws {ToolError} as the library's own */
  read(id: string): Promise<Runbook>;
}

/** The paths that ids have. */
type Found = Awaited<ReturnType<typeof findRunbooks>>;

/** No dots and no slashes: an id cannot lead out of the folder. */
const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** A file of prometheus-operator/runbooks is named by its alert; `README` is none. */
const ALERT_FILE = /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z][A-Za-z0-9]{0,63}$/;
const SHOWN_CHARS_MAX = 80;
const SHOWN_IDS_MAX = 20;
const SHOWN_PATHS_MAX = 5;

/**
 * The library of the Markdown files in a folder and those below it: `pod-pending.md` is the runbook `pod-pending`, and one
 * that is named by an alert, `kubernetes/KubePodCrashLooping.md`, is `kubepodcrashlooping`. Files are read afresh at each
 * call, so that an edit counts at once.
 */
export function openRunbookLibrary(folder: string): RunbookLibrary {
  const find = () => findRunbooks(folder, idOf, RUNBOOKS_MAX);

  async function readFile(id: string, found?: Found): Promise<{ readonly path: string; readonly text: string }> {
    if (!ID.test(id)) throw invalidId(id);
    const all = found ?? await find();
    // One beyond the bound is still found by its name.
    const [path = id, ...others] = all.get(id) ?? [];
    if (others.length > 0) throw ambiguous(id, [path, ...others]);
    const text = await readRunbookFile(folder, path);
    if (text === undefined) throw notFound(id, [...all.keys()]);
    return { path, text };
  }

  async function read(id: string, found?: Found): Promise<Runbook> {
    const { path, text } = await readFile(id, found);
    // Loaded with the first runbook: the YAML and Markdown parsers would cost every start 90 ms.
    const { parseRunbook } = await import("./parse.ts");
    try {
      return parseRunbook(id, text);
    } catch (error) {
      if (!(error instanceof RunbookFormatError)) throw error;
      throw new ToolError("tool_failed", `Cannot read runbook "${id}": ${error.message}`, {
        hint: `Ask the operator to correct ${path}.md; the other runbooks can be read`,
        cause: error,
      });
    }
  }

  return {
    read: (id) => read(id),
    readMarkdown: async (id) => (await readFile(id)).text,
    ids: async () => [...(await find()).keys()],
    async open() {
      const found = await find();
      return { ids: [...found.keys()], read: (id) => read(id, found) };
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

/** The id of a file by its name without `.md`; `undefined` for one that is no runbook. */
function idOf(name: string): string | undefined {
  if (ID.test(name)) return name;
  return ALERT_FILE.test(name) ? name.toLowerCase() : undefined;
}

function ambiguous(id: string, paths: readonly string[]): ToolError {
  const others = paths.length > SHOWN_PATHS_MAX ? `, … (${paths.length})` : "";
  const files = `${paths.slice(0, SHOWN_PATHS_MAX).map((path) => `${path}.md`).join(", ")}${others}`;
  return new ToolError("tool_failed", `Cannot read runbook "${id}": several files have this id: ${files}`, {
    hint: "Ask the operator to rename or remove all but one; the other runbooks can be read",
  });
}

function notFound(id: string, ids: readonly string[]): ToolError {
  const near = nearest(id, ids);
  const hint = near.length > 0
    ? `Did you mean ${near.map((name) => `"${name}"`).join(" or ")}?`
    : ids.length > 0
    ? `There are: ${ids.slice(0, SHOWN_IDS_MAX).join(", ")}${ids.length > SHOWN_IDS_MAX ? ", …" : ""}`
    : "The folder that RUNBOOK_DIR names holds no runbooks: ask the operator";
  return new ToolError("not_found", `Cannot find runbook "${id}"`, { hint, data: { near } });
}
