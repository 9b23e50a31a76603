import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createMetrics } from "../../../server/metrics.ts";
import { checkSyntax } from "../../../tools/prom/syntax.ts";
import { redact } from "../../../tools/redact.ts";
import { openRunbookLibrary } from "../../../tools/runbook/library.ts";
import { parseRunbook } from "../../../tools/runbook/parse.ts";
import type { Runbook } from "../../../tools/runbook/runbook.ts";

const folder = fileURLToPath(new URL("../../../runbooks", import.meta.url));
const library = openRunbookLibrary(folder);
const ids = Array.from(Deno.readDirSync(folder), ({ name }) => name.replace(/\.md$/, "")).filter((id) =>
  id !== "README"
);
const runbooks: readonly Runbook[] = await Promise.all(ids.map((id) => library.read(id)));

const prose = ({ summary, steps }: Runbook) => [summary, ...steps.map(({ text }) => text)].join("\n\n");
/** A command as a person would fill it in. */
const fillIn = (command: string) => command.replace(/<[a-z-]+>/g, "x");

Deno.test("the runbooks that the project promises are shipped", () => {
  assert.deepEqual(ids.toSorted(), [
    "audit-backlog-growing",
    "audit-chain-broken",
    "audit-verification-stalled",
    "image-pull-failing",
    "mcp-server-drain-stuck",
    "mcp-server-errors-high",
    "mcp-server-latency-high",
    "mcp-server-rate-limited",
    "mcp-server-replica-down",
    "pod-crash-looping",
    "pod-pending",
    "postgres-unavailable",
    "redis-unavailable",
    "sign-in-lockouts",
  ]);
});

for (const runbook of runbooks) {
  const { id, title, summary, severity, steps, links } = runbook;

  Deno.test(`runbook ${id} is complete: severity, steps, commands, links`, () => {
    assert(["critical", "warning", "info"].includes(severity), severity);
    assert(title !== id && title.length <= 80, title);
    assert(summary.length >= 40 && summary.length <= 320, summary);
    assert(steps.length >= 3);
    assert(steps.every(({ title, text }) => title !== "" && text !== ""));
    assert(steps.filter(({ commands }) => commands.length > 0).length >= 3);
    assert(links.length >= 1 && links.every(({ url }) => url.startsWith("https://")));
  });

  Deno.test(`runbook ${id} reaches its reader whole: nothing in it looks like a secret, and it is short`, () => {
    assert.deepEqual(redact(runbook), runbook);
    assert(JSON.stringify(runbook).length < 16_384);
  });

  Deno.test(`commands of runbook ${id} are valid shell`, async () => {
    for (const command of steps.flatMap(({ commands }) => commands)) {
      const { success, stderr } = await new Deno.Command("bash", { args: ["-n", "-c", fillIn(command)] }).output();
      assert(success, `${command}\n${new TextDecoder().decode(stderr)}`);
    }
  });

  Deno.test(`runbook ${id} refers to runbooks and steps that exist`, () => {
    const others = prose(runbook).matchAll(
      /\b(?:see|in|of) ((?:pod|image|redis|postgres|mcp-server|audit)(?:-[a-z]+)+)/gi,
    );
    for (const [words, other = ""] of others) {
      if (!/^(mcp-server pods?|postgres-mcp|redis-mcp)/.test(other)) assert(ids.includes(other), words);
    }
    for (
      const [words, step = "", other = id] of prose(runbook).matchAll(
        /\b(?:go|leads|see)(?: to)? "([^"]+)"(?: in ([a-z-]+))?/gi,
      )
    ) {
      const target = runbooks.find(({ id }) => id === other);
      assert(target?.steps.some(({ title }) => title === step.replace(/\s+/g, " ")), words);
    }
  });

  Deno.test(`PromQL in runbook ${id} is correct and names metrics that the server has`, async () => {
    const stores = () => ({ redis: "connected", postgres: "connected" }) as const;
    const metrics = await createMetrics({
      connections: () => 0,
      inFlight: () => 0,
      draining: () => false,
      auditQueued: () => 0,
      auditSpooled: () => 0,
      verification: () => undefined,
      stores,
      podWatches: () => [],
    })
      .print();
    for (const [, query = ""] of prose(runbook).matchAll(/```promql\n([\s\S]*?)\n```/g)) checkSyntax(query);
    for (const [name] of prose(runbook).matchAll(/\b(mcp|process)_[a-z_]+/g)) {
      assert(metrics.includes(`# TYPE ${name.replace(/_(bucket|count|sum)$/, "")} `), name);
    }
  });
}

Deno.test("the example in runbooks/README.md is a runbook", () => {
  const [, example] = /````markdown\n([\s\S]*?)````/.exec(Deno.readTextFileSync(`${folder}/README.md`)) ?? [];
  const { title, severity, steps, links } = parseRunbook("example", example ?? "");
  assert.deepEqual([title, severity, steps.length, links.length], ["Pod is crash looping", "warning", 1, 1]);
});
