/** Linux counts a process's time in hundredths of a second. */
const TICK_MS = 10;

/** Milliseconds of processor time that a process has had, in user and kernel mode. */
export function processorMs(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, which may have spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, kernel] = [fields[11], fields[12]];
  return (Number(user) + Number(kernel)) * TICK_MS;
}
