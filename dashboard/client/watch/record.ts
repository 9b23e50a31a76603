/// <reference lib="dom" />
import type { ConsoleRecord } from "../../wire.ts";
import { createChainPlace } from "../audit/chain_place.ts";
import type { Answer } from "../core/ask.ts";
import { build, button } from "../core/dom.ts";
import { formatDuration, formatMoment } from "../core/format.ts";
import { isObject } from "../core/json.ts";
import { printJson } from "../core/json_text.ts";
import type { Console } from "../shell/console.ts";

/** What is shown with the record's place in its chain. */
const IN_CHAIN: ReadonlySet<string> = new Set(["chainId", "seq", "hash", "prevHash"]);

/** The records in an answer of the server. */
export function readRecords(answer: unknown): readonly ConsoleRecord[] | undefined {
  const records = isObject(answer) ? answer["records"] : undefined;
  return Array.isArray(records) ? records : undefined;
}

/** The record of one call, with all that it holds. */
export function readRecord(post: Console["post"], eventId: string): Promise<Answer<readonly ConsoleRecord[]>> {
  return post("records", { event_id: eventId, limit: 1 }, readRecords);
}

/** A place beside a list where one record is shown whole. */
export function createRecordPanel(post: Console["post"], onClose: () => void) {
  const title = build("h2", "", "Record");
  const body = build("div", "record");
  const element = build("section", "card record-card", build("div", "card-head", title, closer()), body);
  element.setAttribute("aria-label", "Record of a call");
  element.hidden = true;
  let asked = "";

  function closer(): HTMLElement {
    return button("chip push", () => {
      element.hidden = true;
      onClose();
    }, "Close");
  }

  return {
    element,
    async show(eventId: string): Promise<void> {
      asked = eventId;
      element.hidden = false;
      body.replaceChildren(build("p", "empty", "Reading…"));
      const answer = await readRecord(post, eventId);
      if (asked !== eventId) return;
      const record = answer.kind === "answer" ? answer.value[0] : undefined;
      if (record) body.replaceChildren(...partsOf(record), createChainPlace(post, record));
      else {
        const words = answer.kind === "refusal" ? answer.words : "The log has no such record that you may read.";
        body.replaceChildren(build("p", "empty", words));
      }
    },
  };
}

/** A record in words: who called what, how it ended, and everything else that is kept. */
export function partsOf(record: ConsoleRecord): readonly Node[] {
  const { whole = {} } = record;
  const facts: readonly (readonly [string, string])[] = [
    ["Time", formatMoment(record.timeMs)],
    ["Tool", record.tool ?? record.method],
    ["Principal", record.principal],
    ["Outcome", record.errorCode === null ? record.outcome : `${record.outcome} (${record.errorCode})`],
    ["Duration", formatDuration(record.durationMs)],
    ["Replica", record.replica],
  ];
  const rest = Object.entries(whole).filter(([name, value]) =>
    name !== "result" && value !== null && !(name in record) && !IN_CHAIN.has(name)
  );
  return [
    listOf(facts),
    build("h3", "", "Arguments"),
    build("pre", "", printJson(record.params)),
    ...typeof whole["result"] === "string"
      ? [build("h3", "", "Result"), build("pre", "", printJson(whole["result"]))]
      : [],
    build("h3", "", "In the log"),
    listOf([
      ["id", String(record.id)],
      ["eventId", record.eventId],
      ...rest.map(([name, value]) => [name, String(value)] as const),
    ]),
  ];
}

function listOf(facts: readonly (readonly [string, string])[]): HTMLElement {
  return build("dl", "", ...facts.flatMap(([name, value]) => [build("dt", "", name), build("dd", "", value)]));
}
