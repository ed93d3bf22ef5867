import { onTestFinished, vi } from "vitest";

/** A request as the control plane gets it: "POST /api/…" with its query, and its body. */
export type Asked = [request: string, body: unknown];

/**
 * Answers what the console asks for until the test has ended.
 * @param answer the body of the answer, or a whole one; an error that is thrown is one of the network
 * @returns what was asked for so far
 */
export function answering(answer: (request: string, body: unknown) => unknown): Asked[] {
  const asked: Asked[] = [];
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    const text = await request.text();
    const told: Asked = [
      `${request.method} ${pathname}${search}`,
      text === "" ? null : JSON.parse(text),
    ];
    asked.push(told);
    const answered = await answer(...told);
    return answered instanceof Response ? answered : Response.json(answered);
  });
  onTestFinished(() => spy.mockRestore());
  return asked;
}
