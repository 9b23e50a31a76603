import { statfsSync } from "node:fs";
import { run } from "../services/postgres_cluster.ts";
import { NotPossibleError } from "./not_possible.ts";

const MIB = 1_048_576;
const SIZE_MIB = 1024;
/** What is tried to be left free when it is full: it cannot be less than is written while it is being set. */
const LEFT_KIB = [16, 64, 256, 1024, 4096, 16_384];

/** A file system in memory that can be made full and roomy again. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Leaves no room beyond what is used. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

/** Mounts a tmpfs. @throws {NotPossibleError} where this process may not mount. */
export async function mountSmallDisk(): Promise<SmallDisk> {
  const path = await Deno.makeTempDir({ prefix: "small-disk-" });
  const resize = async (bytes: number) => {
    await run("/usr/bin/mount", ["-o", `remount,size=${bytes}`, path]);
  };
  const fill = async () => {
    let failure: unknown;
    for (const kib of LEFT_KIB) {
      const { bsize, blocks, bfree } = statfsSync(path);
      try {
        return await resize((blocks - bfree) * bsize + kib * 1024);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
  try {
    await run("/usr/bin/mount", ["-t", "tmpfs", "-o", `size=${SIZE_MIB * MIB},mode=755`, "chaos", path]);
  } catch (cause) {
    await Deno.remove(path);
    throw new NotPossibleError(`Cannot mount a tmpfs: ${cause instanceof Error ? cause.message.trim() : cause}`, {
      cause,
    });
  }
  return {
    path,
    fill,
    free: () => resize(SIZE_MIB * MIB),
    async [Symbol.asyncDispose]() {
      await run("/usr/bin/umount", [path]);
      await Deno.remove(path);
    },
  };
}
