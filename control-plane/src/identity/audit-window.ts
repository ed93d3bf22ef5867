const windowMs = 600_000;
const mostInWindow = 100;
/** How many subjects are told apart, so that strangers cannot fill the memory. */
const mostSubjects = 1000;

/**
 * Bounds entries that strangers cause: at most 100 in ten minutes, and one an hour about the same
 * subject. The next entry says how many are not there.
 */
export function auditWindow({ sameSubjectMs = 3_600_000 } = {}) {
  let began = 0;
  let written = 0;
  let left = 0;
  const subjects = new Map<string, number>();

  /** @returns what the entry says besides; null: it is not to be written */
  return (subject: string, now: number): { moreNotListed?: number } | null => {
    if (now - began > windowMs) {
      began = now;
      written = 0;
    }
    const last = subjects.get(subject);
    const told = last !== undefined && now - last <= sameSubjectMs;
    if (told || written >= mostInWindow) {
      left += 1;
      return null;
    }
    written += 1;
    subjects.delete(subject);
    subjects.set(subject, now);
    const [oldest] = subjects.keys();
    if (subjects.size > mostSubjects && oldest !== undefined) subjects.delete(oldest);
    const more = left > 0 ? { moreNotListed: left } : {};
    left = 0;
    return more;
  };
}
