import { system } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { type Encryption, encryptEverything } from "../database/encryption.store.ts";
import type { Secrets } from "../secrets.ts";
import { audit } from "./audit.store.ts";

/**
 * Brings what is stored to the newest master key, and notes a new key in the audit. Afterwards nothing in the
 * database needs an older key, unless another control plane that has not read the new one yet writes with it.
 * @throws {MasterKeyError} when a key that is needed is missing
 */
export async function takeNewestKey(database: Database, secrets: Secrets): Promise<Encryption> {
  return transaction(database, async (sql) => {
    const done = await encryptEverything(sql, secrets);
    const [newest = ""] = secrets.keyIds();
    if (done.before !== null && done.before !== newest) {
      await audit(sql, system, {
        action: "rotate_key",
        resourceType: "master_key",
        resourceId: newest,
        resourceName: newest,
        details: { before: done.before, values: done.values },
      });
    }
    return done;
  });
}
