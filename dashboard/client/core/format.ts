/** How the console prints numbers and times, everywhere the same. */

export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${durationMs.toFixed(durationMs < 10 ? 1 : 0)} ms`;
  return `${(durationMs / 1000).toFixed(durationMs < 100_000 ? 1 : 0)} s`;
}

export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** `14:03:07.512`, in the reader's time zone. */
export function formatTime(atMs: number): string {
  const at = new Date(atMs);
  const two = (part: number) => String(part).padStart(2, "0");
  const millis = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}

/** `2026-11-22 14:03:07.512`, in the reader's time zone. */
export function formatMoment(atMs: number): string {
  const at = new Date(atMs);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${formatTime(atMs)}`;
}

/** Error codes with the sign that numbers have in print. */
export function minus(code: number): string {
  return String(code).replace("-", "−");
}
