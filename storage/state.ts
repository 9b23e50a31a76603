/** What a store's part of `/health` says. */
export type StoreState = "connected" | "embedded" | "disconnected";

/** Told at each change, with what to print: `redis-mcp:6379`, and on a loss the reason. */
export type OnStoreState = (state: StoreState, detail: { readonly address: string; readonly reason?: string }) => void;
