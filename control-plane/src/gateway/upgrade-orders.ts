import type { ControlMessage } from "@bridgeport/proto";
import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { checksumsOf } from "../installation/checksums.ts";
import type { PackageState } from "../installation/read-package.ts";
import { findRunningUpgrade } from "../servers/agent-upgrades.store.ts";
import type { Authority } from "../servers/certificate-authority.ts";
import { endOfUpgrade } from "../servers/upgrade-agents.ts";

export interface UpgradeOrdersDeps {
  database: Database;
  authority: Pick<Authority, "sign">;
  /** the agent that this one can be upgraded to */
  agentPackage: () => PackageState;
}

/** Orders one server's agent to upgrade, and takes what it tells of that. */
export interface UpgradeOrders {
  /**
   * Orders what there is to order. The order goes out again on each stream, until the agent has told what
   * it came to.
   * @param capable whether the agent can replace its own program
   */
  order(capable: boolean): Promise<void>;
  /** @param error why the upgrade failed; null: it succeeded */
  told(attempt: string, error: string | null): Promise<void>;
}

export function upgradeOrders(
  { database, authority, agentPackage }: UpgradeOrdersDeps,
  serverId: string,
  { send, log }: { send: (message: ControlMessage) => void; log: () => Logger },
): UpgradeOrders {
  async function told(attempt: string, error: string | null): Promise<void> {
    const ended = await endOfUpgrade(database, { serverId, attempt, error });
    if (ended === null) return;
    const { status, fromVersion, toVersion } = ended;
    log().info({ status, fromVersion, toVersion, error }, "an agent's upgrade has ended");
  }

  return {
    told,
    async order(capable) {
      const order = await findRunningUpgrade(database, serverId);
      if (order === null) return;
      const { attempt, toVersion: version } = order;
      if (!capable) {
        const error =
          "The agent that is connected now cannot replace itself: it was started from a checkout, or is of an earlier version.";
        return told(attempt, error);
      }
      const now = agentPackage();
      // Another replica may have the version that is meant.
      if (now.state !== "ready" || now.program.version !== version) return;
      const checksums = checksumsOf(now.program);
      send({
        kind: "upgrade",
        attempt,
        version,
        checksums,
        signature: await authority.sign(checksums),
      });
    },
  };
}
