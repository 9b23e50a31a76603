const PEERS = ["@modelcontextprotocol/server-everything@2026.8.31", "kubernetes-mcp-server@0.0.67"];

/** Has npm install the peers, outside of this repository. @returns the folder, which goes with `closing` */
export async function installPeers(closing: AsyncDisposableStack): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "peers-" });
  closing.defer(() => Deno.remove(folder, { recursive: true }));
  const args = ["install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, ...PEERS];
  const { success, stderr } = await new Deno.Command("npm", { args, stdout: "null" }).output();
  if (!success) throw new Error(`Cannot install ${PEERS.join(" and ")}: ${new TextDecoder().decode(stderr)}`);
  return folder;
}
