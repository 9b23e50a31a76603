/// <reference lib="dom" />
import type { ConsoleRecord, RecordVerification } from "../../wire.ts";
import { build, button, mark } from "../core/dom.ts";
import { isObject } from "../core/json.ts";
import type { Console } from "../shell/console.ts";

/** Where a record stands in its chain, and a button that has the server verify it there. */
export function createChainPlace(post: Console["post"], { eventId, whole = {} }: ConsoleRecord): HTMLElement {
  const facts = [
    ["Chain", whole["chainId"]],
    ["Place", whole["seq"]],
    ["Hash", whole["hash"]],
    ["Hash of the record before", whole["prevHash"]],
  ] as const;
  const verdict = mark(build("div", "verdict"), { role: "status" });
  const verify = button("chip", ask, "Verify");

  async function ask(): Promise<void> {
    // It keeps the keyboard: a button that is disabled would lose it.
    if (verify.getAttribute("aria-disabled")) return;
    mark(verify, { "aria-disabled": "true" });
    verdict.replaceChildren(build("p", "empty", "Verifying…"));
    const answer = await post("verify", { event_id: eventId }, readVerification);
    verify.removeAttribute("aria-disabled");
    verdict.replaceChildren(
      ...answer.kind === "answer" ? partsOf(answer.value) : [build("p", "empty", `Not verified: ${answer.words}`)],
    );
  }

  return build(
    "section",
    "chain-place",
    build("div", "chain-head", build("h3", "", "In its chain"), verify),
    build("dl", "", ...facts.flatMap(([name, value]) => [build("dt", "", name), build("dd", "", String(value ?? ""))])),
    verdict,
  );
}

/** Our own server's words: that it is one of its answers is all that is looked for. */
function readVerification(answer: unknown): RecordVerification | undefined {
  return isObject(answer) && typeof answer["intact"] === "boolean"
    ? answer as unknown as RecordVerification
    : undefined;
}

function partsOf({ intact, place, checked, not_proven, findings }: RecordVerification): readonly Node[] {
  const words = intact ? "As it was written, as far as was checked" : "Broken: not what was written";
  const isChanged = place.computed !== place.hash;
  return [
    build("p", `outcome ${intact ? "outcome-ok" : "outcome-bad"}`, words),
    ...findings.length > 0
      ? [build(
        "ul",
        "findings",
        ...findings.map(({ kind, seq, event_id, reason }) => {
          const where = [kind, ...(seq === null ? [] : [`seq ${seq}`]), ...(event_id === null ? [] : [event_id])];
          return build("li", "", build("b", "", where.join(", ")), `: ${reason}`);
        }),
      )]
      : [],
    ...isChanged
      ? [build("dl", "", build("dt", "", "Hash of what it holds now"), build("dd", "", place.computed))]
      : [],
    build("h4", "", "Checked"),
    listOf(checked),
    build("h4", "", "Not proven by that"),
    listOf(not_proven),
  ];
}

function listOf(sentences: readonly string[]): HTMLElement {
  return build("ul", "", ...sentences.map((sentence) => build("li", "", sentence)));
}
