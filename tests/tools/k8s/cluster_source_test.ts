import assert from "node:assert/strict";
import { ACCOUNT_FOLDER, type ClusterEnvironment, findClusterSource } from "../../../tools/k8s/cluster_source.ts";

const POD = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };
const FILE = { KUBECONFIG: "/home/ops/.kube/config" };
const URL_AND_TOKEN = { KUBE_API_URL: "https://k8s.example:6443", KUBE_TOKEN: "t", KUBE_CA: "PEM" };

const CASES: readonly (readonly [name: string, environment: ClusterEnvironment, kind: string | undefined])[] = [
  ["nothing is set", {}, undefined],
  ["a pod's account comes first", { ...POD, ...FILE, ...URL_AND_TOKEN }, "account"],
  ["then a kubeconfig", { ...FILE, ...URL_AND_TOKEN }, "kubeconfig"],
  ["then a URL", URL_AND_TOKEN, "url"],
  ["an account without an address is none", { KUBERNETES_SERVICE_HOST: "10.96.0.1" }, undefined],
];

Deno.test("the cluster to use is found in the order of the documentation", async (t) => {
  for (const [name, environment, kind] of CASES) {
    await t.step(name, () => assert.equal(findClusterSource(environment, () => true)?.kind, kind));
  }
  await t.step("an account whose token is not mounted is none", () => {
    const asked: string[] = [];
    const source = findClusterSource({ ...POD, ...FILE }, (path) => {
      asked.push(path);
      return false;
    });
    assert.equal(source?.kind, "kubeconfig");
    assert.deepEqual(asked, [`${ACCOUNT_FOLDER}/token`]);
  });
});
