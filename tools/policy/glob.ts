/** Tells whether a name is meant. */
export type NameTest = (name: string) => boolean;

/**
 * Compiles a glob: `*` stands for any run of characters, none among them; all else for itself, in its letter case.
 *
 * It takes time in proportion to the name, however many stars there are.
 */
export function compileGlob(glob: string): NameTest {
  const [first = "", ...rest] = glob.split("*");
  const last = rest.pop();
  if (last === undefined) return (name) => name === first;
  const middles = rest.filter((part) => part !== "");
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    const end = name.length - last.length;
    let at = first.length;
    // The earliest place of each part leaves the most room for those after it.
    for (const part of middles) {
      const found = name.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/** Compiles several globs, of which one must match. */
export function compileGlobs(globs: readonly string[]): NameTest {
  const tests = globs.map(compileGlob);
  return (name) => tests.some((test) => test(name));
}
