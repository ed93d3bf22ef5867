/** The same time of day in some days. */
export function inDays(days: number, now: Date = new Date()): Date {
  const then = new Date(now);
  then.setDate(then.getDate() + days);
  return then;
}

/** As `<input type="datetime-local">` has it: local, to the minute. */
export function asLocalInput(at: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
