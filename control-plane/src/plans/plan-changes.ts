import type { PlanJson, StepJson } from "./plan-json.ts";

/** What is another one than it was told last. */
export interface ChangedParts {
  /** fields of the plan, without its steps */
  plan: Partial<Omit<PlanJson, "steps">>;
  /** steps that have changed, or are new, by their `order` */
  steps: StepJson[];
}

export type PlanMessage =
  | { event: "plan"; data: { plan: PlanJson } }
  | { event: "changes"; data: ChangedParts };

/**
 * Tells a plan: the whole of it once, and from then on what has changed. A plan of a thousand services
 * has megabytes, of which a moment changes a few steps.
 * @param deliver sends a message and drops none; settles when there is room for the next one
 * @returns takes the plan each time it may have changed; while one message is on its way, the newest waits
 */
export function tellChanges(
  deliver: (message: PlanMessage) => Promise<void>,
): (plan: PlanJson) => void {
  const messageOf = messages();
  let newest: PlanJson | null = null;
  let telling = false;

  async function tell(): Promise<void> {
    telling = true;
    while (newest !== null) {
      const message = messageOf(newest);
      newest = null;
      if (message !== null) await deliver(message);
    }
    telling = false;
  }
  return (plan) => {
    newest = plan;
    if (!telling) void tell();
  };
}

/** What to say of a plan, given what was said before; null: nothing is new. */
function messages(): (plan: PlanJson) => PlanMessage | null {
  let fields = new Map<string, string>();
  let steps = new Map<string, string>();
  let isFirst = true;
  return (plan) => {
    const { steps: ownSteps, ...own } = plan;
    const before = { fields, steps };
    fields = new Map(Object.entries(own).map(([name, value]) => [name, JSON.stringify(value)]));
    steps = new Map(ownSteps.map((step) => [step.id, JSON.stringify(step)]));
    const isGone = [...before.steps.keys()].some((id) => !steps.has(id));
    if (isFirst || isGone) {
      isFirst = false;
      return { event: "plan", data: { plan } };
    }
    const changed = Object.entries(own).filter(
      ([name]) => fields.get(name) !== before.fields.get(name),
    );
    const changedSteps = ownSteps.filter(({ id }) => steps.get(id) !== before.steps.get(id));
    if (changed.length + changedSteps.length === 0) return null;
    return { event: "changes", data: { plan: Object.fromEntries(changed), steps: changedSteps } };
  };
}
