import { type Actor, hasRole } from "../actor.ts";
import type { Transaction } from "../database/connection.ts";
import { planJson } from "./plan-json.ts";
import { loadPlans, restingVersions } from "./plans.store.ts";

/** With the next, at most 32 MB. */
const mostPlans = 2000;
/** A plan over a thousand services is some megabytes, and is written anew. */
const longestText = 16 * 1024;

/**
 * Plans of lists as JSON text. What does not run hardly ever changes, so the text of such a plan is kept as long
 * as all of its rows are the same.
 */
export class PlanLists {
  readonly #kept = new Map<string, { version: string; text: string }>();

  /** @returns the plans in the order of their ids, as this reader may see them */
  async read(sql: Transaction, ids: string[], reader: Actor): Promise<string[]> {
    const versions = new Map(
      (await restingVersions(sql, ids)).map(({ id, environmentId, version }) => [
        id,
        // A user who may not deploy sees less of what changes.
        { key: `${id} ${hasRole(reader, "operator", environmentId)}`, version },
      ]),
    );
    const texts = new Map<string, string>();
    for (const [id, { key, version }] of versions) {
      const kept = this.#kept.get(key);
      if (kept?.version === version) texts.set(id, kept.text);
    }
    const missing = ids.filter((id) => !texts.has(id));
    for (const whole of missing.length === 0 ? [] : await loadPlans(sql, missing)) {
      const { id } = whole.plan;
      const text = JSON.stringify(planJson(whole, reader));
      texts.set(id, text);
      const resting = versions.get(id);
      if (resting !== undefined && text.length <= longestText) {
        this.#keep(resting.key, { version: resting.version, text });
      }
    }
    return ids.flatMap((id) => texts.get(id) ?? []);
  }

  #keep(key: string, plan: { version: string; text: string }): void {
    this.#kept.delete(key);
    this.#kept.set(key, plan);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostPlans && oldest !== undefined) this.#kept.delete(oldest);
  }
}
