import type { Answer } from "@bridgeport/client";
import type { Paint } from "../terminal/colour.ts";
import { printable } from "../terminal/text.ts";
import { planTarget, stepName } from "./progress.ts";
import { rolloutText } from "./rollout.ts";

type Looked = Answer<"post", "/api/deployment-plans/{id}/execute">;
type Change = NonNullable<Looked["containers"]>[number]["changes"][number];

/** The steps of a plan in their order, and what each would change of its container. */
export function dryRunText({ plan, steps = [], containers = [] }: Looked, paint: Paint): string {
  const lines = [paint("strong", `Would move ${planTarget(plan)}:`)];
  const rollout = rolloutText(plan);
  if (rollout !== null) lines.push(`  ${rollout}`);
  for (const [index, step] of steps.entries()) lines.push(`  ${index + 1}. ${stepName(step)}`);
  for (const { service, changes, error, changesUnknown, detail } of containers) {
    const changed = changes.filter(({ origin }) => origin !== "kept");
    lines.push("", `${printable(service.name)} on ${printable(service.serverName)}:`);
    if (error) lines.push(paint("bad", `  would not work: ${printable(error)}`));
    if (changesUnknown) lines.push(paint("warn", `  ${printable(changesUnknown)}`));
    if (detail) lines.push(paint("warn", `  ${printable(detail)}`));
    lines.push(...changed.map((change) => `  ${changeText(change)}`));
    const kept = changes.length - changed.length;
    if (changed.length === 0 && !error && !changesUnknown) {
      lines.push("  nothing of its configuration changes");
    }
    if (kept > 0) lines.push(paint("faint", `  ${kept} of its own settings are kept`));
  }
  for (const { service, reason } of plan.leftOut) {
    lines.push("", `Left out: ${printable(service.name)}: ${printable(reason)}`);
  }
  lines.push("", "Nothing was changed.");
  return lines.join("\n");
}

function changeText({ field, before, after }: Change): string {
  return `${printable(field)}: ${shown(before)} → ${shown(after)}`;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "none";
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}
