/// <reference lib="dom" />
import { build, button, mark } from "../core/dom.ts";

/** Seconds between one reading and the next; each is a call with a record, so nobody reads faster than they look. */
const EVERY: readonly (readonly [words: string, seconds: number])[] = [
  ["Every 30 s", 30],
  ["Every 10 s", 10],
  ["Every 5 min", 300],
  ["By hand", 0],
];
/** What takes long is read more seldom, so that most of the time nothing is asked. */
const REST_FACTOR = 5;

/** Reads something now, again when asked to, and again after a time, but for when nobody can see it. */
export function createRefresh(read: () => Promise<void>) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOn = false;
  /** A reading that another one has taken the place of waits for nothing. */
  let turn = 0;
  const every = mark(
    build("select", "", ...EVERY.map(([words, seconds]) => new Option(words, String(seconds)))),
    { "aria-label": "Refresh" },
  );
  const now = button("chip", () => void go(), "Refresh");
  every.onchange = () => void go();

  async function go(): Promise<void> {
    clearTimeout(timer);
    const mine = ++turn;
    const begun = performance.now();
    await read();
    const waitMs = Math.max(Number(every.value) * 1000, REST_FACTOR * (performance.now() - begun));
    if (isOn && mine === turn && every.value !== "0" && !document.hidden) timer = setTimeout(go, waitMs);
  }

  /** A page that comes into sight again shows what is. */
  function onVisibility(): void {
    clearTimeout(timer);
    if (!document.hidden && every.value !== "0") void go();
  }

  return {
    element: build("div", "refresh", every, now),
    start(): Promise<void> {
      if (!isOn) document.addEventListener("visibilitychange", onVisibility);
      isOn = true;
      return go();
    },
    stop(): void {
      isOn = false;
      turn++;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    },
  };
}
