import { type PushSecrets, pushVendors } from "../config.ts";

/** The secret of each vendor for tests; null: of none. */
export function pushSecrets(secretOf: (vendor: string) => string | null = () => null): PushSecrets {
  return Object.fromEntries(pushVendors.map((vendor) => [vendor, secretOf(vendor)])) as PushSecrets;
}
