/** A request that did not succeed. `message` is the server's own sentence where it sent one. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** HTTP status; 0 when no answer came at all */
  readonly status: number;
  /** what went wrong, for programs: the server's own code, `unreachable` or `unexpected_answer` */
  readonly code: string;
  /** which field is wrong, and how */
  readonly details: { path: string; message: string }[];

  constructor(
    status: number,
    code: string,
    message: string,
    details: { path: string; message: string }[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The problem that an answer describes, whatever its form: ours, a proxy's page, nothing. */
export function problemOf(status: number, body: unknown): ApiProblem {
  if (typeof body === "object" && body !== null && "error" in body) {
    const { error, code, details } = body as Record<string, unknown>;
    return new ApiProblem(
      status,
      typeof code === "string" ? code : "error",
      typeof error === "string" ? error : `The server answered ${status}.`,
      Array.isArray(details) ? details : [],
    );
  }
  if (status === 404) {
    return new ApiProblem(404, "not_found", "The server does not know this address.");
  }
  return new ApiProblem(
    status,
    "unexpected_answer",
    `The server answered ${status} in a form that is not Bridgeport's. Is something in between?`,
  );
}

/** No answer came: `cause` is what fetch threw. */
export const unreachable = (cause?: unknown) =>
  new ApiProblem(
    0,
    "unreachable",
    "The control plane cannot be reached. Check that it runs and that this device is online.",
    [],
    { cause },
  );
