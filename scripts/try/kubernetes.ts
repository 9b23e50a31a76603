import { startKubernetesApi } from "../../tests/services/kubernetes.ts";

// A stand-in for a try without a cluster: the tests' Kubernetes API, which answers as a recorded cluster did.
// Prints the kubeconfig to use, and runs until SIGINT or SIGTERM.

await using kubernetes = await startKubernetesApi();
const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
Deno.addSignalListener("SIGINT", stop);
Deno.addSignalListener("SIGTERM", stop);
// deno-lint-ignore no-console -- What it prints is what it is for.
console.log(kubernetes.kubeconfigPath);
await stopped;
Deno.removeSignalListener("SIGINT", stop);
Deno.removeSignalListener("SIGTERM", stop);
