import type { Fleet, FleetOptions } from "./fleet.ts";
import { disconnectMidCall } from "./disconnects.ts";
import { holdInserts, waitingForInserts } from "./inserts.ts";
import type { Ledger } from "./ledger.ts";
import { revive } from "./revive.ts";
import { slowFsync } from "./slow_fsync.ts";
import { spoolLength } from "./spool.ts";

/** What a scenario has in its hands while the load runs. */
export interface Stage {
  readonly fleet: Fleet;
  readonly ledger: Ledger;
  /** Milliseconds that something killed stays away. */
  readonly outageMs: number;
  /** Milliseconds that something frozen stays frozen. */
  readonly freezeMs: number;
  /** Lets the load go on for so long. @throws when the run is being stopped */
  pause(ms: number): Promise<void>;
  /** Waits until all serve again, and takes the time. @throws when they do not */
  recover(): Promise<void>;
  /** Enters a breach of a promise that ledger and log do not show. */
  breach(words: string): void;
}

export interface Scenario {
  /** As in `--scenario`; letters and dashes, since it goes into every marker. */
  readonly name: string;
  readonly what: string;
  readonly fleet: FleetOptions;
  /** Whether not even an answer may be lost: nothing ends before it has answered. */
  readonly answersAll?: true;
  /** Does the damage under load, and mends it. */
  disturb(stage: Stage): Promise<void>;
}

const PLAIN: FleetOptions = {};
/** Less than the servers wait for Postgres before they call it away, and time enough for a look into the spool. */
const HELD_MS = 700;
const SLOW_FSYNC_MS = 1000;

/** Every scenario, in the order of the table; those that share a fleet stand together. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "steady",
    what: "nothing happens",
    fleet: PLAIN,
    answersAll: true,
    disturb: ({ pause, outageMs }) => pause(outageMs),
  },
  {
    name: "kill-server",
    what: "kill -9 a server, and one whose records wait for Postgres; start them anew",
    fleet: PLAIN,
    async disturb({ fleet: { servers: [first, second], postgres }, pause, recover, outageMs }) {
      await first?.kill();
      await pause(outageMs / 2);
      await Promise.all([first?.start(), recover()]);
      // An answer that does not wait for its record is out by now, and the record goes with the server.
      postgres.freeze();
      await pause(HELD_MS);
      await second?.kill();
      postgres.thaw();
      await pause(outageMs / 2);
      await Promise.all([second?.start(), recover()]);
    },
  },
  {
    name: "kill-postgres",
    what: "kill -9 Postgres, start it anew",
    fleet: PLAIN,
    async disturb({ fleet: { postgres }, pause, recover, outageMs }) {
      await postgres.kill();
      await pause(outageMs);
      await postgres.restart();
      await recover();
    },
  },
  {
    name: "kill-redis",
    what: "kill -9 Redis, start it anew",
    fleet: PLAIN,
    async disturb({ fleet: { redis }, pause, recover, outageMs }) {
      await redis.kill();
      await pause(outageMs);
      await redis.restart();
      await recover();
    },
  },
  {
    name: "kill-both",
    what: "kill -9 Postgres, then Redis with what it has taken meanwhile; start Redis, then Postgres",
    fleet: PLAIN,
    async disturb({ fleet: { redis, postgres }, pause, recover, outageMs }) {
      await postgres.kill();
      await pause(outageMs);
      await redis.kill();
      await pause(outageMs / 2);
      await redis.restart();
      await pause(outageMs / 2);
      await postgres.restart();
      await recover();
    },
  },
  {
    name: "slow-redis-disk",
    what: "kill -9 Postgres, then Redis with what it has taken meanwhile, while its disk needs a second for an fsync",
    fleet: PLAIN,
    async disturb({ fleet: { redis, postgres }, pause, recover, outageMs }) {
      const pid = /^process_id:(\d+)/m.exec(await redis.cli("INFO", "server"))?.[1];
      await using _slow = await slowFsync(Number(pid), SLOW_FSYNC_MS);
      await postgres.kill();
      await pause(outageMs);
      await redis.kill();
      await redis.restart();
      await postgres.restart();
      await recover();
    },
  },
  {
    name: "kill-drainers",
    what: "kill -9 Postgres, start it anew, and kill -9 every server while they drain the spool",
    fleet: PLAIN,
    async disturb({ fleet: { postgres, servers }, pause, recover, outageMs }) {
      await postgres.kill();
      await pause(outageMs);
      await postgres.restart();
      // What a drainer takes from the spool before the log has it goes with the drainer.
      const killAll = async () => {
        await waitingForInserts(postgres, servers.length);
        await pause(HELD_MS);
        await Promise.all(servers.map((server) => server.kill()));
      };
      await Promise.all([holdInserts(postgres), killAll()]);
      await Promise.all([...servers.map((server) => server.start()), recover()]);
    },
  },
  {
    name: "freeze-postgres",
    what: "SIGSTOP Postgres: its connections stay open and nothing answers",
    fleet: PLAIN,
    async disturb({ fleet: { postgres }, pause, recover, freezeMs }) {
      postgres.freeze();
      await pause(freezeMs);
      postgres.thaw();
      await recover();
    },
  },
  {
    name: "freeze-redis",
    what: "SIGSTOP Redis",
    fleet: PLAIN,
    async disturb({ fleet: { redis }, pause, recover, freezeMs }) {
      redis.signal("SIGSTOP");
      await pause(freezeMs);
      redis.signal("SIGCONT");
      await recover();
    },
  },
  {
    name: "disconnects",
    what: "clients that send calls and are gone before the answer",
    fleet: PLAIN,
    async disturb({ fleet, ledger, pause, recover, outageMs }) {
      const endMs = performance.now() + outageMs;
      while (performance.now() < endMs) {
        await Promise.all(fleet.servers.map((server) => disconnectMidCall(server, ledger)));
        await pause(10);
      }
      await recover();
    },
  },
  {
    name: "rolling-restart",
    what: "SIGTERM to one server after the other, each started anew",
    fleet: PLAIN,
    answersAll: true,
    async disturb({ fleet, recover, breach }) {
      for (const server of fleet.servers) {
        const exitCode = await server.stop();
        if (exitCode !== 0) breach(`${server.name} ended with ${exitCode} after SIGTERM`);
        await Promise.all([server.start(), recover()]);
      }
    },
  },
  {
    name: "full-spool",
    what: "kill -9 Postgres for so long that the spool is full, start it anew",
    fleet: { settings: { AUDIT_SPOOL_MAX: "1000" } },
    async disturb({ fleet: { postgres, redis }, pause, recover, breach, outageMs }) {
      await postgres.kill();
      await pause(outageMs);
      const spooled = await spoolLength(redis);
      // A batch goes into the spool whole or not at all.
      if (spooled > 1000 || spooled < 500) breach(`the spool of at most 1000 records holds ${spooled}`);
      await postgres.restart();
      await recover();
    },
  },
  {
    name: "clock-back",
    what: "the servers' clocks step back an hour, one after the other",
    fleet: { entry: "tests/chaos/server_with_clock.ts" },
    answersAll: true,
    async disturb({ fleet, pause, recover, outageMs }) {
      for (const server of fleet.servers) {
        server.signal("SIGUSR2");
        await pause(outageMs / 3);
      }
      await recover();
    },
  },
  {
    name: "disk-full",
    what: "Postgres' disk is full, then has room again",
    fleet: { smallDisk: true },
    async disturb({ fleet: { disk, postgres }, pause, recover, breach, outageMs }) {
      await disk?.fill();
      await pause(outageMs);
      await disk?.free();
      if (!postgres.output().includes("No space left on device")) breach("Postgres never found its disk full");
      await revive(postgres);
      await recover();
    },
  },
];
