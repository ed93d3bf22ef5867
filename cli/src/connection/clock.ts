type Send = (request: Request) => Promise<Response>;

/**
 * The control plane's time, as far as its answers tell it: how long ago something was is said by its clock,
 * also where this machine's is wrong.
 */
export class Clock {
  #aheadMs = 0;

  /** Sends in the same way, and looks at the time of each answer. */
  watching(send: Send): Send {
    return async (request) => {
      const asked = Date.now();
      const answer = await send(request);
      const ahead = clockSkew(answer.headers.get("date"), asked, Date.now());
      if (ahead !== null) this.#aheadMs = ahead;
      return answer;
    };
  }

  /** In milliseconds since 1970; this machine's time before the first answer. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }
}

/**
 * How far this machine's clock is behind the other's, in milliseconds; null when that did not say. The
 * header is of a whole second, and of some moment between the question and the answer.
 */
export function clockSkew(date: string | null, asked: number, answered: number): number | null {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return null;
  if (theirs + 1000 < asked) return theirs + 1000 - asked;
  return theirs > answered ? theirs - answered : 0;
}
