/** What should run and what does. */
export interface Drift {
  /** a manifest digest */
  expected: string;
  /** a manifest digest, or the engine's id of an image that was never pulled */
  actual: string;
}

/**
 * Whether a service runs something other than what was deployed. Three answers in two: a
 * difference that is certain, or null for "none", "not known" and "being changed right now".
 */
export function driftOf(service: {
  deployedDigest: string | null;
  driftingTo: string | null;
  inActivePlan: boolean;
}): Drift | null {
  const { deployedDigest: expected, driftingTo: actual } = service;
  if (service.inActivePlan || expected === null || actual === null) return null;
  return { expected, actual };
}
