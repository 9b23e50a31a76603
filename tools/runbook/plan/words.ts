const WORDS_MAX = 64;
/** What a shell does more with than to pass it on, outside of quotes. */
const ACTIVE = /[|;&$`<>(){}*?!#~[\]\n]/;

/**
 * The words of one plain command, as a shell would pass them on; `undefined` for anything that a shell does more with:
 * pipes, several commands, variables, patterns.
 */
export function wordsOf(command: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let rest = command.replaceAll(/\\\r?\n/g, " ").trim();
  while (rest !== "") {
    const [space] = /^[ \t]+/.exec(rest) ?? [];
    const [single, inSingle] = /^'([^']*)'/.exec(rest) ?? [];
    const [double, inDouble] = /^"([^"\\$`]*)"/.exec(rest) ?? [];
    const [first = ""] = rest;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      rest = rest.slice(space.length);
    } else if (single !== undefined) {
      word = (word ?? "") + inSingle;
      rest = rest.slice(single.length);
    } else if (double !== undefined) {
      word = (word ?? "") + inDouble;
      rest = rest.slice(double.length);
    } else if (ACTIVE.test(first) || /["'\\\p{Cc}]/u.test(first)) {
      return undefined;
    } else {
      word = (word ?? "") + first;
      rest = rest.slice(first.length);
    }
    if (words.length > WORDS_MAX) return undefined;
  }
  return word === undefined ? words : [...words, word];
}
