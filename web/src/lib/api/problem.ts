import { ApiProblem } from "@bridgeport/client";

export { ApiProblem };

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
