/** What should run and what does, as manifest digests. */
export interface Drift {
  expected: string;
  actual: string;
}

/**
 * Whether a service runs something other than what was deployed. Three answers in two: a
 * difference that is certain, or null for "none", "not known" and "being changed right now".
 */
export function driftOf(service: {
  deployedDigest: string | null;
  runningDigest: string | null;
  inActivePlan: boolean;
}): Drift | null {
  const { deployedDigest: expected, runningDigest: actual } = service;
  if (service.inActivePlan || expected === null || actual === null) return null;
  return expected === actual ? null : { expected, actual };
}
