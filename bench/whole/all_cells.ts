import { startKubernetesApi } from "../../tests/services/kubernetes.ts";
import { startStores } from "../stores.ts";
import { type Cell, ECHO, httpCell, isEcho, OTHER_CALLS, SHALLOW, SHAPES, webSocketCell } from "./cell.ts";
import { officialCells, peerCells } from "./official_cells.ts";
import {
  type Settings,
  startEcho,
  startEverything,
  startKubernetesPeer,
  startProduct,
  startWatched,
  type Subject,
} from "./subject.ts";

/** What was started: what is measured of it, and the product for a longer measurement. */
export interface Started {
  readonly cells: readonly Cell[];
  /** The full promise, in a process that tells its stalls. */
  startWatched(): Promise<Subject>;
}

/** Starts what is measured, on stores that keep what they were given. @param peersIn the folder of those from npm */
export async function startAll(closing: AsyncDisposableStack, peersIn: string | undefined): Promise<Started> {
  const { settings: stores } = await startStores(closing);
  const kubernetes = closing.use(await startKubernetesApi());
  const product = async (settings: Settings, start: (all: Settings) => Promise<Subject> = startProduct) => {
    const folder = await Deno.makeTempDir({ prefix: "bench-" });
    closing.defer(() => Deno.remove(folder, { recursive: true }));
    return closing.use(await start({ ...settings, DATA_DIR: folder, KUBECONFIG: kubernetes.kubeconfigPath }));
  };
  type Named = readonly [string, Subject];
  const echo: Named = [ECHO, closing.use(await startEcho("echo"))];
  const noStores: Named = ["no stores", closing.use(await startProduct({}, "bench/whole/no_stores.ts"))];
  // Every five minutes the server verifies what the log got meanwhile: that would meet the one cell or the other.
  const unverified = { AUDIT_VERIFY_SECONDS: "0" };
  const embedded: Named = ["embedded", await product(unverified)];
  const full: Named = ["Redis + Postgres", await product({ ...stores, ...unverified })];
  const sdk: Named = ["SDK v2", closing.use(await startEcho("echo_sdk"))];

  const house = ([webSocketCell, httpCell] as const).flatMap((cell) => [
    ...SHAPES.map((shape) => cell(noStores, "ctx.get", shape)),
    ...SHAPES.map((shape) => cell(full, "ctx.get", shape)),
    ...SHALLOW.flatMap((shape) => OTHER_CALLS.map((call) => cell(full, call, shape))),
    ...SHALLOW.map((shape) => cell(embedded, "ctx.get", shape)),
    ...OTHER_CALLS.map((call) => cell(embedded, call, [50, 1])),
  ]);
  const echoes = SHAPES.flatMap((shape) => [
    webSocketCell(echo, "ctx.get", shape, isEcho),
    httpCell(echo, "ctx.get", shape, { isAnswer: isEcho }),
  ]);
  const official = [
    ...officialCells(full, "ctx_get"),
    ...officialCells(embedded, "ctx_get"),
    ...officialCells(sdk, "echo"),
  ];
  const peers = peersIn === undefined ? [] : await peerCells(
    ["server-everything", closing.use(await startEverything(peersIn))],
    ["kubernetes-mcp-server", closing.use(await startKubernetesPeer(peersIn, kubernetes.kubeconfigPath))],
  );
  const cells = [...house, ...official, ...peers];
  // Side by side with what they are compared with.
  return {
    cells: echoes.flatMap((echo) => [echo, ...cells.filter(({ load }) => load === echo.load)]),
    startWatched: () => product(stores, startWatched),
  };
}
