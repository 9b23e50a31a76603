/**
 * Writes docs/answer-sizes.md: what answers take, beside those of another server to the same questions, both asked of
 * the tests' Kubernetes API. Fetches that server from the npm registry: `deno run -A bench/answer_sizes.ts`.
 */
import { startKubernetesApi } from "../tests/services/kubernetes.ts";
import { measureOurs } from "./answer_sizes/ours.ts";
import { measurePeer } from "./answer_sizes/peer.ts";
import { printTable } from "./answer_sizes/table.ts";

const DOCUMENT = new URL("../docs/answer-sizes.md", import.meta.url);
const MARK = /(<!-- table -->)[^]*?(<!-- \/table -->)/;

await using api = await startKubernetesApi();
const peer = await measurePeer(api.kubeconfigPath);
const table = printTable(await measureOurs(api), peer);
const document = await Deno.readTextFile(DOCUMENT);
await Deno.writeTextFile(DOCUMENT, document.replace(MARK, (_, before, after) => `${before}\n\n${table}\n\n${after}`));
const { success } = await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", DOCUMENT.pathname] }).output();
if (!success) throw new Error("Cannot format docs/answer-sizes.md");
