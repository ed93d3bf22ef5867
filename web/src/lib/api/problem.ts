/** A request that did not succeed. `message` is the server's own sentence where it sent one. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** HTTP status; 0 when no answer came at all */
  readonly status: number;
  readonly code: string;
  /** which field is wrong, and how */
  readonly details: { path: string; message: string }[];

  constructor(
    status: number,
    code: string,
    message: string,
    details: { path: string; message: string }[] = [],
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The sentence to show for anything that was thrown. */
export function sentence(error: unknown): string {
  if (error instanceof ApiProblem) return error.message;
  return "Something went wrong in the console. Reload the page and try again.";
}

/** What is wrong with the field of that name, if the server said so. */
export function fieldError(error: unknown, path: string): string | null {
  if (!(error instanceof ApiProblem)) return null;
  return error.details.find((detail) => detail.path === path)?.message ?? null;
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

export const unreachable = () =>
  new ApiProblem(
    0,
    "unreachable",
    "The control plane cannot be reached. Check that it runs and that this device is online.",
  );
