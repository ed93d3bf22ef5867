/** One thing that was looked at. */
export interface Check {
  /** stable; of a server or registry with its id behind a colon */
  id: string;
  title: string;
  status: "ok" | "warning" | "error";
  /** what was found: a sentence, or a few words */
  detail: string;
  /** what to do; null where nothing is to be done */
  advice: string | null;
}

/** What was found of one thing, the worst of it last. */
export interface Finding {
  status: "warning" | "error";
  detail: string;
  advice: string;
}

/** A check with whatever is wrong; what is fine where nothing is. */
export function checkOf(
  id: string,
  title: string,
  fine: string,
  findings: readonly (Finding | null)[],
): Check {
  const wrong = findings.filter((finding) => finding !== null);
  if (wrong.length === 0) return { id, title, status: "ok", detail: fine, advice: null };
  return {
    id,
    title,
    status: wrong.some(({ status }) => status === "error") ? "error" : "warning",
    detail: wrong.map(({ detail }) => detail).join(" "),
    advice: wrong.map(({ advice }) => advice).join(" "),
  };
}

export const warning = (detail: string, advice: string): Finding => ({
  status: "warning",
  detail,
  advice,
});
export const failure = (detail: string, advice: string): Finding => ({
  status: "error",
  detail,
  advice,
});

const dayMs = 86_400_000;

/**
 * When something expires that has to be renewed.
 * @param soonDays how long before it is worth a warning
 */
export function expiry(
  expiresAt: Date,
  now: number,
  soonDays: number,
  { what, advice }: { what: string; advice: string },
): Finding | null {
  const left = expiresAt.getTime() - now;
  const day = expiresAt.toISOString().slice(0, 10);
  if (left <= 0) return failure(`${what} expired on ${day}.`, advice);
  if (left < soonDays * dayMs) {
    return warning(`${what} expires on ${day}, in ${Math.floor(left / dayMs)} days.`, advice);
  }
  return null;
}

const gib = 2 ** 30;

/** @param freeBytes 0: not known */
export function diskSpace(freeBytes: number, where: string, advice: string): Finding | null {
  if (freeBytes <= 0) return null;
  const free = `${(freeBytes / gib).toFixed(1)} GiB are free ${where}.`;
  if (freeBytes < gib / 2) return failure(free, advice);
  return freeBytes < 2 * gib ? warning(free, advice) : null;
}
