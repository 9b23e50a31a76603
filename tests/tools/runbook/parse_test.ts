import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRunbook } from "../../../tools/runbook/parse.ts";
import { RunbookFormatError } from "../../../tools/runbook/runbook.ts";

const fixture = (id: string) => {
  const url = new URL(`../../fixtures/runbooks/${id}.md`, import.meta.url);
  return parseRunbook(id, Deno.readTextFileSync(url));
};

Deno.test("a runbook's front matter, steps, commands and links are read", () => {
  const runbook = fixture("all-parts");
  const { id, title, summary, severity, links } = runbook;
  assert.deepEqual({ id, title, summary, severity }, {
    id: "all-parts",
    title: "Everything a runbook may hold",
    summary: "Shows each part once.",
    severity: "info",
  });
  assert.deepEqual(links, [
    { title: "First", url: "https://example.org/first" },
    { title: "second link", url: "https://example.org/second" },
  ]);
  assert.deepEqual(runbook.steps.map(({ number, title, commands }) => ({ number, title, commands })), [
    { number: 1, title: "Look `first`", commands: ["kubectl get pods \\\n  -n mcp-lab", "ls"] },
    { number: 2, title: "Then decide", commands: ["echo one", "echo two", "echo three \\\n    four"] },
    { number: 3, title: "Leave", commands: [] },
  ]);
});

Deno.test("a step's text keeps everything but its commands, and marks where they stood", () => {
  const [first, second] = fixture("all-parts").steps;
  assert.equal(
    first?.text,
    "Text with a [second link](https://example.org/second), the [first](https://example.org/first) again, a\n" +
      "[path](../elsewhere.md) and a [script](javascript:alert(1)).\n\n[command 1]\n\n### A deeper heading\n\n" +
      "[command 2]\n\n```promql\nup == 0\n```\n\n    indented, no command",
  );
  assert.equal(
    second?.text,
    "1. Inside a list:\n\n   [command 1]\n\n   and on.\n2. Not a heading:\n\n   ```text\n   ## Not a step\n   ```\n\n" +
      "> Quoted:\n>\n> [command 2] [command 3]",
  );
});

Deno.test("the layout of prometheus-operator/runbooks gives a summary and the steps that are to be done", () => {
  assert.deepEqual(fixture("operator-layout"), {
    id: "operator-layout",
    title: "Disk Fills Up",
    summary: "The disk will be full within a day. Writes will fail.",
    severity: "unspecified",
    alerts: ["DiskFillsUp"],
    steps: [
      { number: 1, title: "Diagnosis", text: "See what is large:\n\n[command 1]", commands: ["du -sh /var/*"] },
      { number: 2, title: "Mitigation", text: "Remove it. See [du](https://example.org/du).", commands: [] },
    ],
    links: [{ title: "du", url: "https://example.org/du" }],
  });
});

Deno.test("without front matter the title is the first heading and the summary the first paragraph", () => {
  const { title, summary, severity, steps } = fixture("no-front-matter");
  assert.deepEqual({ title, summary, severity }, {
    title: "Only a title",
    summary: "A paragraph.",
    severity: "unspecified",
  });
  assert.deepEqual(steps.map(({ commands }) => commands), [["ls"]]);
});

Deno.test("a file with the line ends of Windows reads the same", () => {
  const { title, summary, severity, steps } = fixture("line-ends");
  assert.deepEqual({ title, summary, severity }, { title: "Windows", summary: "One.", severity: "warning" });
  assert.deepEqual(steps, [{ number: 1, title: "Step", text: "[command 1]", commands: ["dir"] }]);
});

Deno.test("what is no runbook is refused with words that find the place", async (t) => {
  const steps = "\n## Step\n\nText\n";
  const table: readonly (readonly [what: string, text: string, words: RegExp])[] = [
    ["an empty file", "", /^It has no steps: expected headings such as "## /],
    ["headings of another level only", "# One\n\n### Three\n", /^It has no steps/],
    ["background without a step", "## Meaning\n\nText\n\n## Impact\n\nText\n", /^It has no steps/],
    ["a heading inside a code block only", "```\n## No\n```\n", /^It has no steps/],
    ["front matter without an end", `---\ntitle: x\n${steps}`, /^The front matter has no end: expected a line "---"/],
    ["front matter that is no YAML", `---\ntitle: a: b\n---${steps}`, /^The front matter is no YAML: .* at line 2, /],
    ["a member twice", `---\ntitle: a\ntitle: b\n---${steps}`, /^The front matter is no YAML: .* at line 3, /],
    ["front matter that is a list", `---\n- a\n---${steps}`, /^The front matter is wrong in it: /],
    ["another severity", `---\nseverity: banana\n---${steps}`, /wrong in severity: .*"critical"\|"warning"\|"info"/],
    ["a title that is no text", `---\ntitle: [a]\n---${steps}`, /wrong in title: .*expected string/],
    ["a link that is no web address", `---\nlinks: [{title: a, url: "javascript:1"}]\n---${steps}`, /links\.0\.url: /],
    ["a link without a title", `---\nlinks: [{url: "https://x.org"}]\n---${steps}`, /links\.0\.title: /],
    [
      "YAML that multiplies itself",
      `---\na: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n` +
      `d: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n---${steps}`,
      /^The front matter is no YAML: /,
    ],
    ["Markdown nested beyond reading", `${steps}${">".repeat(20_000)}`, /^Its Markdown cannot be read$/],
  ];
  for (const [what, text, words] of table) {
    await t.step(what, () => {
      assert.throws(
        () => parseRunbook("x", text),
        (error) => error instanceof RunbookFormatError && words.test(error.message),
      );
    });
  }
});

Deno.test("any text is a runbook or is refused as none", () => {
  const piece = fc.constantFrom(
    "---\n",
    "## a\n",
    "```sh\n",
    "```\n",
    "- b\n",
    "> ",
    "\n",
    "title: x\n",
    "[l](https://x.y)",
    "  ",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }).map((parts) => parts.join("")),
  );
  fc.assert(fc.property(text, (text) => {
    try {
      const { steps } = parseRunbook("x", text);
      assert.deepEqual(steps.map(({ number }) => number), steps.map((_, index) => index + 1));
    } catch (error) {
      assert(error instanceof RunbookFormatError, String(error));
    }
  }));
});

Deno.test("a runbook's alerts are those of its front matter, a list or one, and the one that heads it", () => {
  const alertsOf = (matter: string, heading: string) =>
    parseRunbook("x", `---\n${matter}\n---\n# ${heading}\n\n## Step\n\nText\n`).alerts;
  assert.deepEqual(alertsOf("alerts: [A, B]", "A title"), ["A", "B"]);
  assert.deepEqual(alertsOf("alerts: Watchdog", "A title"), ["Watchdog"]);
  assert.deepEqual(alertsOf("alerts: [NodeRAIDDegraded]", "NodeRAIDDegraded"), ["NodeRAIDDegraded"]);
  assert.deepEqual(alertsOf("title: x", "etcdNoLeader"), ["etcdNoLeader"]);
});
