import assert from "node:assert/strict";
import fc from "fast-check";
import { printLogQl } from "../../../../tools/logs/loki/logql.ts";
import { parseLogQl } from "../../../services/loki.ts";

Deno.test("LogQL is written as Loki reads it", () => {
  const namespace = "shop";
  const cases: readonly (readonly [scope: Parameters<typeof printLogQl>[0], logql: string])[] = [
    [{ namespace }, '{namespace="shop"}'],
    [{ namespace, pod: "web-0", container: "app" }, '{namespace="shop", pod="web-0", container="app"}'],
    [{ namespace, pod: "web.a-*" }, '{namespace="shop", pod=~"web\\\\.a-.*"}'],
    [{ namespace, query: "a.b (c)" }, '{namespace="shop"} |~ "(?i)a\\\\.b \\\\(c\\\\)"'],
    [{ namespace, query: "/a|b/" }, '{namespace="shop"} |~ "a|b"'],
    [{ namespace, query: "/a|b/i" }, '{namespace="shop"} |~ "(?i:a|b)"'],
  ];
  for (const [scope, logql] of cases) assert.equal(printLogQl(scope), logql);
});

const HOSTILE = [
  '"',
  '\\"',
  '"} or {namespace="kube-system',
  "\\",
  '\\\\"',
  "`",
  "\n",
  "}",
  '", namespace=~".*',
  "\u0000",
  "\ud800",
  "é\u2028",
];

Deno.test("whatever a caller gives, the namespace is the only one that is asked", () => {
  const check = (namespace: string, pod: string, container: string, query: string) => {
    const { matchers } = parseLogQl(printLogQl({ namespace, pod, container, query }));
    assert.deepEqual(matchers.map(({ label }) => label), ["namespace", "pod", "container"]);
    assert.deepEqual(matchers[0], { label: "namespace", operator: "=", value: namespace.toWellFormed() });
    assert.deepEqual(matchers[2], { label: "container", operator: "=", value: container.toWellFormed() });
  };
  for (const one of HOSTILE) {
    for (const other of HOSTILE) check(one, `${other}*`, other, `/${one}/`);
  }
  const text = fc.string({ unit: "binary" });
  fc.assert(fc.property(text, text, text, text, check));
});

Deno.test("text is found as it stands, whatever it means in an expression", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii", minLength: 1 }), (text) => {
    fc.pre(!/^\/.+\/i?$/s.test(text));
    const { filter = "" } = parseLogQl(printLogQl({ namespace: "a", query: text }));
    assert(new RegExp(filter.replace("(?i)", ""), "i").test(`before ${text.toUpperCase()} after`));
  }));
});
