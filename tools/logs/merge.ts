import { compareMoments, type LogLine, type Moment, parseMoment } from "./line.ts";

/** The lines of one container's log, oldest first. */
export interface Source {
  readonly pod: string;
  readonly container: string;
  /** Whether it is the run before, where both are read. */
  readonly previous?: boolean;
  readonly lines: readonly FoundLine[];
}

/** A line that was found, by itself or beside one that matches. */
export interface FoundLine extends LogLine {
  readonly context?: true;
}

/** A line with where it comes from. */
export interface LogEntry extends FoundLine {
  readonly pod: string;
  readonly container: string;
  /** Where both runs are read: it is from the one before. */
  readonly run?: "previous";
}

/** How far a source is taken: its newest line left, and when that was. */
interface Cursor {
  readonly source: Source;
  index: number;
  moment: Moment | undefined;
}

/**
 * The newest lines of all sources in the order of time, newest last. Lines of one source keep their order even where
 * its clock went back; of lines of one moment, those of an earlier source come first; a line without a time stays with
 * the line after it.
 */
export function mergeNewest(sources: readonly Source[], limit: number): LogEntry[] {
  const cursors = sources.map((source) => cursorAt(source, source.lines.length - 1));
  const entries: LogEntry[] = [];
  while (entries.length < limit) {
    const newest = newestOf(cursors);
    const line = newest?.source.lines[newest.index];
    if (!newest || !line) break;
    entries.push(entryOf(newest.source, line));
    Object.assign(newest, cursorAt(newest.source, newest.index - 1));
  }
  return entries.reverse();
}

/** A line of a source, with where it is from. */
export function entryOf({ pod, container, previous }: Omit<Source, "lines">, line: FoundLine): LogEntry {
  const { timestamp, message, context } = line;
  return {
    ...{ timestamp, pod, container, message },
    ...(previous && { run: "previous" as const }),
    ...(context && { context }),
  };
}

function cursorAt(source: Source, index: number): Cursor {
  return { source, index, moment: parseMoment(source.lines[index]?.timestamp ?? "") };
}

function newestOf(cursors: readonly Cursor[]): Cursor | undefined {
  let newest: Cursor | undefined;
  for (const cursor of cursors) {
    if (cursor.index < 0) continue;
    if (!cursor.moment) return cursor;
    if (!newest?.moment || compareMoments(cursor.moment, newest.moment) >= 0) newest = cursor;
  }
  return newest;
}
