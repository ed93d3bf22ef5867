import type { Answer } from "$lib/api/client.ts";
import { count } from "$lib/wording/wording.ts";

/** Whether the audit is as it was written, and what keeps it so. */
export type Verification = Answer<"get", "/api/audit-logs/verify">["verification"];

interface Finding {
  tone: "ok" | "warn" | "bad";
  title: string;
  text: string;
}

const reasons: Record<NonNullable<Verification["broken"]>["reason"], string> = {
  missing: "an entry here or right before it is gone",
  changed: "it is not what was written",
  not_linked: "the entry before it was changed together with its hash",
  not_chained: "it was put in beside the others",
};

/** Whether every entry is there as it was written. */
export function wholeness({ whole, entries, removed, broken }: Verification): Finding {
  if (whole || broken === null) {
    const kept = `${count(entries, "entry", "entries")}, each linked to the one before.`;
    const gone =
      removed > 0 ? ` ${count(removed, "older one")} went when their time was over.` : "";
    return { tone: "ok", title: "Every entry is as it was written", text: kept + gone };
  }
  const which =
    broken.position === null ? `The entry ${broken.entryId}` : `Entry ${broken.position}`;
  return {
    tone: "bad",
    title: "The audit has been changed",
    text: `${which} is the first that is wrong: ${reasons[broken.reason]}. Compare it with an earlier download.`,
  };
}

/** What keeps the program itself from changing the audit. */
export function protectionOf({ protection: { by, role, gaps } }: Verification): Finding {
  if (by === "role") {
    return {
      tone: "ok",
      title: "The database protects it",
      text: `It refuses ${role}, the role that Bridgeport works as, every change of the audit.`,
    };
  }
  return {
    tone: "warn",
    title: "Triggers protect it",
    text: `${role}, the role that Bridgeport works as, ${gaps.join(" and ")}, so it could switch them off. A second role for the database closes that; until then only a download kept elsewhere would show a change.`,
  };
}
