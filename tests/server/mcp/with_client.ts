/**
 * A test of a server process and the SDK's client: the server prints while the test runs, which is an operation of no
 * test, and the client leaves the body of its listening stream unread when it is closed soon after its first use.
 */
export function testWithClient(name: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}
