import assert from "node:assert/strict";
import { openAuthorizer } from "../../../tools/authorizer.ts";
import { patches } from "../k8s_write/writes.ts";
import { toolError } from "../tool_error.ts";
import { CART, openRunbookLab, PARAMETERS, PLAN } from "./lab.ts";

type Lab = Awaited<ReturnType<typeof openRunbookLab>>;
const RUN = { runbook_id: "cart", parameters: PARAMETERS };

async function digestOf(lab: Lab): Promise<string> {
  return (await lab.run("runbook.preview", PLAN)).plan.digest;
}

Deno.test("a run makes the reads of a plan that is still true, each a call on record of its own", async () => {
  await using lab = await openRunbookLab();
  const digest = await digestOf(lab);
  assert.equal(await digestOf(lab), digest, "nothing has changed");
  lab.records.length = 0;
  const result = await lab.run("runbook.run", { ...RUN, digest });
  assert.deepEqual([result.completed, result.not_run], [true, 3]);
  // deno-lint-ignore no-explicit-any -- a result of JSON.parse
  assert.deepEqual(result.calls.map(({ step, tool, outcome }: any) => [step, tool, outcome]), [
    [1, "k8s.list_pods", "ok"],
  ]);
  assert.match(result.calls[0].result, /cart-/);
  assert.equal(patches(lab.api).length, 0);
  const [, , , again, run] = lab.records;
  assert.deepEqual([again?.toolName, again?.method, run?.toolName], ["k8s.list_pods", "runbook.run", "runbook.run"]);
  assert.equal(JSON.parse(again?.params ?? "")._meta.calledBy, run?.eventId);
});

Deno.test("what changes something is run where its step is named, once, as the preview showed it", async () => {
  await using lab = await openRunbookLab();
  const digest = await digestOf(lab);
  const result = await lab.run("runbook.run", { ...RUN, digest, steps: [4] });
  assert.deepEqual([result.completed, result.calls[0].tool], [true, "k8s.scale"]);
  assert.match(result.calls[0].result, /"applied":true/);
  assert.deepEqual(patches(lab.api).map(({ url }) => url.pathname), [
    "/apis/apps/v1/namespaces/shop/deployments/storefront/scale",
  ]);
  await toolError("conflict", () => lab.run("runbook.run", { ...RUN, digest, steps: [4] }));
  assert.equal(patches(lab.api).length, 1);
});

const CHANGES: readonly (readonly [
  what: string,
  changed: readonly string[],
  change: (lab: Lab) => unknown,
  run?: Record<string, unknown>,
])[] = [
  ["another parameter", ["the parameters", "the calls", "the values"], () => {}, {
    ...RUN,
    parameters: { ...PARAMETERS, deployment: "storefront" },
  }],
  ["a word of the runbook", ["the runbook's text"], (lab) => lab.write(CART.replace("Cart is slow", "Cart is slower"))],
  [
    "a command of the runbook",
    ["the runbook's text", "the calls", "the values"],
    (lab) => lab.write(CART.replace("replicas=3", "replicas=9")),
  ],
  [
    "the policy",
    ["who may make them", "the values"],
    (lab) =>
      lab.decide((request) =>
        request.tool.name === "k8s.list_pods"
          ? { allowed: false, rule: "r", reason: "no" }
          : openAuthorizer.authorize(request)
      ),
  ],
  ["a value", ["the values"], (lab) => {
    lab.cache.entries.clear();
    const pod = { metadata: { name: "cart-new", namespace: "shop" }, spec: { containers: [{ name: "c" }] } };
    lab.api.put("pods", { ...pod, status: { phase: "Running" } });
  }],
  ["the object that is to change", ["the values"], async (lab) => {
    const scale = { namespace: "shop", name: "storefront", replicas: 5 };
    const { confirm } = await lab.run("k8s.scale", scale);
    await lab.run("k8s.scale", { ...scale, confirm });
  }],
];

for (const [what, changed, change, run = RUN] of CHANGES) {
  Deno.test(`a run is refused once ${what} has changed, says so, and runs nothing`, async () => {
    await using lab = await openRunbookLab();
    const digest = await digestOf(lab);
    await change(lab);
    const before = patches(lab.api).length;
    const error = await toolError("conflict", () => lab.run("runbook.run", { ...run, digest, steps: [1, 2, 4] }));
    assert.deepEqual(error.data, { changed });
    assert.match(error.hint ?? "", /Nothing was run/);
    assert.equal(patches(lab.api).length, before);
  });
}

Deno.test("of two runs at once one makes the change", async () => {
  await using lab = await openRunbookLab();
  const digest = await digestOf(lab);
  const runs = await Promise.allSettled([1, 2].map(() => lab.run("runbook.run", { ...RUN, digest, steps: [4] })));
  const applied = runs.filter((run) => run.status === "fulfilled" && run.value.completed);
  assert.equal(applied.length, 1);
  const { changes } = await lab.run("k8s.scale", { namespace: "shop", name: "storefront", replicas: 3 });
  assert.deepEqual(changes, [], "and it is made");
});

Deno.test("a run stops at the first failure, and says what was done before", async () => {
  await using lab = await openRunbookLab();
  const digest = await digestOf(lab);
  lab.api.interfere(({ method, url }) =>
    method === "PATCH" && !url.searchParams.has("dryRun") && !url.pathname.endsWith("/scale")
      ? { kind: "drop" }
      : undefined
  );
  const result = await lab.run("runbook.run", { ...RUN, digest, steps: [1, 2, 4] });
  assert.equal(result.completed, false);
  // deno-lint-ignore no-explicit-any -- a result of JSON.parse
  assert.deepEqual(result.calls.map(({ tool, outcome }: any) => [tool, outcome]), [
    ["k8s.list_pods", "ok"],
    ["k8s.rollout_restart", "failed"],
  ]);
  assert.match(result.calls[1].result, /^Outcome unknown/);
  assert.equal(patches(lab.api).length, 1);
});

Deno.test("without toolset k8s-write a run changes nothing, whatever steps are named", async () => {
  await using lab = await openRunbookLab({ toolsets: ["runbook", "runbook-run"] });
  const digest = await digestOf(lab);
  const result = await lab.run("runbook.run", { ...RUN, digest, steps: [1, 2, 4] });
  // deno-lint-ignore no-explicit-any -- a result of JSON.parse
  assert.deepEqual(result.calls.map(({ tool }: any) => tool), ["k8s.list_pods"]);
  assert(lab.api.requests.every(({ method }) => method === "GET"));
  assert.equal(lab.tools.find(({ name }) => name === "runbook.run")?.effect, "read");
});

Deno.test("a run takes the digest of a plan and steps that the plan has", async () => {
  await using lab = await openRunbookLab();
  const digest = await digestOf(lab);
  await toolError("invalid_params", () => lab.run("runbook.run", RUN));
  await toolError("invalid_params", () => lab.run("runbook.run", { ...RUN, digest: "yes" }));
  await toolError("invalid_params", () => lab.run("runbook.run", { ...RUN, digest, steps: [9] }));
  const other = `${digest.startsWith("0") ? "1" : "0"}${digest.slice(1)}`;
  await toolError("conflict", () => lab.run("runbook.run", { ...RUN, digest: other }));
});
