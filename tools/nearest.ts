const NAMES_MAX = 5;
/** A shorter text is a part of nearly everything. */
const PART_CHARS_MIN = 3;

/** The names most like `wanted`, best first, at most five: for "did you mean". */
export function nearest(wanted: string, names: Iterable<string>): string[] {
  // Beyond this length nothing is near, and the comparison would cost.
  const text = wanted.slice(0, 128).toLowerCase();
  const scored = Array.from(names, (name) => ({ name, lower: name.toLowerCase() }))
    .map(({ name, lower }) => ({ name, lower, score: distance(text, lower) }));
  return scored
    .filter(({ lower, score }) => isTypo(text, lower, score) || (text.length >= PART_CHARS_MIN && lower.includes(text)))
    .sort((a, b) => a.score - b.score)
    .slice(0, NAMES_MAX)
    .map(({ name }) => name);
}

/** Whether few changes lead from one to the other, and something of it stays. */
function isTypo(text: string, name: string, changes: number): boolean {
  return changes <= Math.max(2, name.length / 3) && changes < Math.max(text.length, name.length);
}

/** Levenshtein's distance: insertions, deletions and substitutions. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
