/** What a logger writes around a message: lines of one message in several lines have the same, but for numbers. */
export interface Frame {
  readonly before: string;
  readonly after: string;
}

/** Where a line's message starts and ends if the line has such a frame. */
export function withinFrame(line: string, { before, after }: Frame): readonly [start: number, end: number] | undefined {
  const start = lengthOfSame(before, line, "start");
  const tail = lengthOfSame(after, line, "end");
  return start === undefined || tail === undefined || start + tail > line.length
    ? undefined
    : [start, line.length - tail];
}

/** How many characters a line begins or ends with that are those of the text, numbers apart. */
function lengthOfSame(text: string, line: string, from: "start" | "end"): number | undefined {
  let [inText, inLine] = [0, 0];
  const charOf = (whole: string, at: number) => whole[from === "start" ? at : whole.length - 1 - at] ?? "";
  while (inText < text.length) {
    if (isDigit(charOf(text, inText)) && isDigit(charOf(line, inLine))) {
      while (isDigit(charOf(text, inText))) inText++;
      while (isDigit(charOf(line, inLine))) inLine++;
    } else if (charOf(text, inText++) !== charOf(line, inLine++)) return undefined;
  }
  return inLine;
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}
