import { Problem } from "../problem.ts";
import type { RegistryFailure } from "./outcome.ts";

/** A registry's failure as the answer to a request: 502, with the failure's own sentence. */
export function registryProblem(failed: RegistryFailure): Problem {
  return new Problem("registry", `registry_${failed.kind}`, failed.message);
}
