import { compareMoments, type LogLine, type Moment, parseMoment } from "./line.ts";

/** The lines of one container's log, oldest first. */
export interface Source {
  readonly pod: string;
  readonly container: string;
  readonly lines: readonly LogLine[];
}

/** A line with where it comes from. */
export interface LogEntry extends LogLine {
  readonly pod: string;
  readonly container: string;
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
    const { pod, container } = newest.source;
    entries.push({ timestamp: line.timestamp, pod, container, message: line.message });
    Object.assign(newest, cursorAt(newest.source, newest.index - 1));
  }
  return entries.reverse();
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
