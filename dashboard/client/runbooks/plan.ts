/// <reference lib="dom" />
import type { CallTool } from "../core/call.ts";
import { build, button, mark } from "../core/dom.ts";
import { isObject } from "../core/json.ts";
import { codeBox, copyButton, refusalOf } from "../core/parts.ts";

const VERDICTS: Readonly<Record<string, string>> = {
  ...{ allowed: "May run", denied: "Refused", off: "Not turned on", person: "Needs a person" },
};

/** What a runbook would do here and now, and a run of no more than that. @param canRun whether the caller may run it */
export function createPlan(callTool: CallTool, id: string, names: readonly string[], canRun: boolean): HTMLElement {
  const fields = names.map((name) => ({
    name,
    input: mark(build("input", ""), { "aria-label": name, placeholder: name, maxlength: "253", spellcheck: "false" }),
  }));
  const out = mark(build("div", "plan"), { "aria-live": "polite" });
  const form = build("form", "filters", ...fields.map(({ input }) => input));
  form.append(mark(build("button", "primary", "Preview the plan"), { type: "submit" }));
  form.onsubmit = (event) => {
    event.preventDefault();
    void preview();
  };
  const element = mark(build("section", "", build("h3", "", "Plan"), form, out), { "aria-label": "Plan" });
  let asked = 0;
  return element;

  async function preview(): Promise<void> {
    const mine = ++asked;
    const given = fields.filter(({ input }) => input.value !== "").map(({ name, input }) => [name, input.value]);
    const parameters: Readonly<Record<string, string>> = Object.fromEntries(given);
    out.replaceChildren(build("p", "empty", "Reading…"));
    const answer = await callTool("runbook.preview", { runbook_id: id, parameters, plan: true });
    if (mine !== asked || answer.kind === "cancelled") return;
    if (answer.kind === "failure") return out.replaceChildren(refusalOf(answer));
    const plan = isObject(answer.value) && isObject(answer.value["plan"]) ? answer.value["plan"] : {};
    const digest = String(plan["digest"]);
    const missing = Array.isArray(plan["missing"]) ? plan["missing"].map(String) : [];
    out.replaceChildren(
      ...missing.length > 0 ? [build("p", "refusal", `Without a value: ${missing.join(", ")}.`)] : [],
      ...plan["left"] ? [build("p", "empty", `${plan["left"]} commands more are beyond the plan.`)] : [],
      build("ol", "plan-calls", ...objectsOf(plan["calls"]).map(callOf)),
      build("p", "digest", "Digest ", build("code", "", digest), " ", copyButton(() => digest)),
    );
    if (!canRun) {
      return out.append(build("p", "empty", "It runs where TOOLSETS has runbook-run and you may call runbook.run."));
    }
    const run = button("primary", () => void start(), "Run the reads of this plan");
    const done = mark(build("div", ""), { role: "status" });
    out.append(run, done);

    /** Exactly what was shown: the server refuses any other. */
    async function start(): Promise<void> {
      run.disabled = true;
      done.replaceChildren(build("p", "empty", "Running…"));
      const answer = await callTool("runbook.run", { runbook_id: id, parameters, digest });
      run.disabled = false;
      if (answer.kind === "cancelled") return;
      if (answer.kind === "failure") {
        const isStale = answer.data["kind"] === "conflict";
        if (isStale) run.disabled = true;
        const again = isStale ? [button("chip", () => void preview(), "Preview again")] : [];
        return done.replaceChildren(refusalOf(answer), ...again);
      }
      const result = isObject(answer.value) ? answer.value : {};
      const end = result["completed"] ? "Completed" : "Stopped at the last of these";
      done.replaceChildren(
        build("p", "", `${end}; ${result["not_run"]} commands were not run.`),
        build("ol", "plan-calls", ...objectsOf(result["calls"]).map(outcomeOf)),
      );
    }
  }
}

function callOf(call: Readonly<Record<string, unknown>>): HTMLElement {
  const verdict = String(call["verdict"]);
  const what = call["tool"] === undefined
    ? String(call["command"])
    : `${call["tool"]} ${JSON.stringify(call["args"] ?? {})}`;
  return build(
    "li",
    "",
    build("strong", `verdict-${verdict}`, `Step ${call["step"]}: ${VERDICTS[verdict] ?? verdict}`),
    ...call["reason"] === undefined ? [] : [`: ${call["reason"]}`],
    ...call["changes"] ? [" (it changes something; the value is a dry run)"] : [],
    codeBox(what, "Call"),
    ...call["value"] === undefined ? [] : [codeBox(String(call["value"]), "Value now")],
  );
}

function outcomeOf(call: Readonly<Record<string, unknown>>): HTMLElement {
  const words = `Step ${call["step"]}: ${call["tool"]}: ${call["outcome"]}`;
  return build("li", "", build("strong", "", words), codeBox(String(call["result"]), "Answer"));
}

export function objectsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
