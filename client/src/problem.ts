/** A request that did not succeed. `message` is the server's own sentence where it sent one. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** HTTP status; 0 when no answer came at all */
  readonly status: number;
  /** what went wrong, for programs: the server's own code, `unreachable` or `unexpected_answer` */
  readonly code: string;
  /** which field is wrong, and how */
  readonly details: { path: string; message: string }[];
  /** the address of the control plane that was asked; null where none was */
  readonly url: string | null;

  constructor(
    status: number,
    code: string,
    message: string,
    details: { path: string; message: string }[] = [],
    options: ErrorOptions & { url?: string } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.details = details;
    this.url = options.url ?? null;
  }
}

/** The problem that an answer describes, whatever its form: ours, a proxy's page, nothing. */
export function problemOf(status: number, body: unknown, url: string): ApiProblem {
  if (typeof body === "object" && body !== null && "error" in body) {
    const { error, code, details } = body as Record<string, unknown>;
    return new ApiProblem(
      status,
      typeof code === "string" ? code : "error",
      typeof error === "string" ? error : `The server answered ${status}.`,
      Array.isArray(details) ? details : [],
      { url },
    );
  }
  return new ApiProblem(
    status,
    "unexpected_answer",
    `The server answered ${status} in a form that is not Bridgeport's. Check the address, and what is in between.`,
    [],
    { url },
  );
}

/**
 * An answer that sends the request elsewhere, which is not done: on the way a POST would become a GET, and
 * what was sent may be for nobody else.
 * @returns null for another answer
 */
export function redirected(answer: Response, url: string): ApiProblem | null {
  // A browser keeps the status and the target to itself.
  const hidden = answer.type === "opaqueredirect";
  if (!hidden && (answer.status < 300 || answer.status > 399)) return null;
  const location = answer.headers.get("location");
  const target = location !== null && URL.canParse(location, url) ? new URL(location, url) : null;
  const where = target === null ? "another address" : target.origin;
  return new ApiProblem(
    hidden ? 302 : answer.status,
    "redirected",
    `${url} redirects to ${where}. If the control plane is there, use that address; otherwise something in between wants a login.`,
    [],
    { url },
  );
}

/** No answer came: `cause` is what fetch threw. */
export const unreachable = (url: string, cause?: unknown) =>
  new ApiProblem(
    0,
    "unreachable",
    "The control plane cannot be reached. Check that it runs and that this device is online.",
    [],
    { url, cause },
  );
