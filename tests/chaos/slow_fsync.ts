import { type Service, startService } from "../services/process.ts";
import { NotPossibleError } from "./not_possible.ts";

const STRACE = "/usr/bin/strace";
const ATTACH_MS = 5000;

/**
 * Makes every fdatasync of a process take longer, as on a disk that is busy, until it is disposed or the process ends.
 *
 * @throws {NotPossibleError} where there is no strace, or it may not trace
 */
export async function slowFsync(pid: number, delayMs: number): Promise<AsyncDisposable> {
  const inject = `inject=fdatasync:delay_enter=${delayMs * 1000}`;
  const args = ["-f", "-o", "/dev/null", "-p", `${pid}`, "-e", "trace=fdatasync", "-e", inject];
  let service: Service | undefined;
  try {
    service = startService(STRACE, { args });
    await service.printed(`Process ${pid} attached`, ATTACH_MS);
    return service;
  } catch (cause) {
    await service?.[Symbol.asyncDispose]();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NotPossibleError(`Cannot trace Redis with ${STRACE}: ${reason}`, { cause });
  }
}
