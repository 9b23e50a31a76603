/** The list itself where nothing changes. */
export function mapItems(list: readonly unknown[], map: (item: unknown) => unknown): readonly unknown[] {
  const mapped = list.map(map);
  return mapped.some((item, index) => !Object.is(item, list[index])) ? mapped : list;
}

/** Two names may have become the same: then the second is told by its number. */
export function distinct(entries: readonly (readonly [string, unknown])[]): [string, unknown][] {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return entries.map(([name, member]) => {
    let unique = name;
    let count = counts.get(name) ?? 1;
    while (taken.has(unique)) unique = `${name} ${++count}`;
    counts.set(name, count);
    taken.add(unique);
    return [unique, member];
  });
}
