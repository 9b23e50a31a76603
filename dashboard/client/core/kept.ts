/** What this browser keeps for the page over a reload. Where it keeps nothing the page goes on without. */
export interface Kept {
  read(name: string): unknown;
  write(name: string, value: unknown): void;
  remove(name: string): void;
}

const PREFIX = "console:";

/** @param storage `localStorage`, asked for late: a browser that forbids it throws at the mere mention */
export function createKept(storage: () => Pick<Storage, "getItem" | "setItem" | "removeItem">): Kept {
  return {
    read(name) {
      try {
        return JSON.parse(storage().getItem(PREFIX + name) ?? "null");
      } catch {
        return null;
      }
    },
    write(name, value) {
      try {
        storage().setItem(PREFIX + name, JSON.stringify(value));
      } catch { /* It is full, or forbidden. */ }
    },
    remove(name) {
      try {
        storage().removeItem(PREFIX + name);
      } catch { /* There is none. */ }
    },
  };
}
