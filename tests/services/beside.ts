/**
 * A test beside services that were started before it. They print while it runs, and reading that is an operation of no
 * test: operations are not counted here.
 */
export function testBeside(name: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false });
}
