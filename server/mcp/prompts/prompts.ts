import { CONCLUSION, NAMESPACE, type Prompt } from "./prompt.ts";

/** A name of a Kubernetes object or a part of it: a DNS subdomain. */
const POD = {
  pattern: /^[a-z0-9][a-z0-9.-]{0,252}$/,
  words: "a pod's name: lower-case letters, digits, hyphens, dots",
};
const RUNBOOK = { pattern: /^[a-z0-9][a-z0-9-]{0,63}$/, words: "a runbook's id: lower-case letters, digits, dashes" };
/** It is put between quotes in a text: one line without quotes cannot end them. */
const ONE_LINE = {
  pattern: /^[^\p{Cc}"\u2028\u2029]{1,500}$/u,
  words: "1 to 500 characters on one line, without double quotes",
};
const KEY = {
  pattern: /^[!#-z|~]{1,256}$/,
  words: "a context key: printable ASCII without spaces, braces or double quotes",
};

/** The prompts, in the order in which they are listed. */
export const PROMPTS: readonly Prompt[] = [
  {
    name: "triage-crash-loop",
    title: "Triage a crash-looping pod",
    description: "Finds out why pods of a namespace restart again and again",
    arguments: [
      NAMESPACE,
      { name: "pod", description: "Name of the pod; all of the namespace where left out", required: false, form: POD },
    ],
    tools: ["k8s.list_pods", "logs.search"],
    textOf: ({ namespace, pod }) =>
      `Find out why ${pod === undefined ? "pods" : `pod "${pod}"`} in namespace "${namespace}" ${
        pod === undefined ? "crash" : "crashes"
      } and restart${pod === undefined ? "" : "s"}.

1. Call k8s_list_pods for "${namespace}" and note status and ready of each pod${
        pod === undefined ? "" : ` like "${pod}"`
      }.
2. Call logs_search in "${namespace}" for error, panic, fatal, exception and OOM, and read what comes before the last line.
3. Call prom_query_simple for restarts and memory, for example
   increase(kube_pod_container_status_restarts_total{namespace="${namespace}"}[1h]).
4. Call runbook_preview with "pod-crash-looping", and compare its causes with what you saw.
${CONCLUSION}`,
  },
  {
    name: "explain-alert",
    title: "Explain an alert with its runbook",
    description: "Says what an alert means here and now, and which step of its runbook comes next",
    arguments: [
      { name: "alert", description: "Name or text of the alert", required: true, form: ONE_LINE },
      { name: "runbook", description: "Id of its runbook", required: true, suggested: "runbooks", form: RUNBOOK },
      { ...NAMESPACE, description: "Namespace that it fired for", required: false },
    ],
    tools: ["runbook.preview"],
    textOf: ({ alert, runbook, namespace }) =>
      `Explain the alert "${alert}"${namespace === undefined ? "" : ` of namespace "${namespace}"`}.

1. Call runbook_preview with "${runbook}": what does the alert mean, and what does the runbook ask for?
2. Check each step that only looks, with prom_query_simple${
        namespace === undefined ? "" : `, k8s_list_pods and logs_search for "${namespace}"`
      }.
3. Say which steps are answered already, and which one a person should do next.
${CONCLUSION}`,
  },
  {
    name: "review-last-hour",
    title: "Review the last hour's changes",
    description: "Puts together what changed in the last hour and what it may have caused",
    arguments: [
      NAMESPACE,
      {
        name: "key",
        description: "Context key of what is known already",
        required: false,
        suggested: "keys",
        form: KEY,
      },
    ],
    tools: ["k8s.list_pods", "logs.search", "prom.query_simple"],
    textOf: ({ namespace, key }) =>
      `Review what changed in namespace "${namespace}" in the last hour.
${key === undefined ? "" : `\nCall ctx_get with "${key}" first: it says what is known already.\n`}
1. Call k8s_list_pods for "${namespace}" and note pods that are not ready.
2. Call prom_query_simple for what moved, for example
   changes(kube_deployment_status_observed_generation{namespace="${namespace}"}[1h]) and the restarts of the last hour.
3. Call logs_search in "${namespace}" for start-ups, errors and refused connections, and order them in time.
4. Read the resource audit://recent, if you may: what did agents call meanwhile?
5. Say what changed first, and which later trouble it explains. Two things at one time are no proof.
${CONCLUSION}`,
  },
  {
    name: "summarize-namespace",
    title: "Summarise a namespace",
    description: "Says in a few lines how a namespace is doing",
    arguments: [NAMESPACE],
    tools: ["k8s.list_pods"],
    textOf: ({ namespace }) =>
      `Summarise how namespace "${namespace}" is doing, for somebody who begins their shift.

1. Call k8s_list_pods for "${namespace}", page by page while truncated is true. Count the pods by status.
2. For pods that are not ready, call logs_search in "${namespace}" and find the first error of each.
3. Call prom_query_simple for processor, memory and restarts of the namespace.
4. Keep it to ten lines, and offer to store it with ctx_set under "summary:${namespace}".
${CONCLUSION}`,
  },
];
