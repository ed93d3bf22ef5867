import { gt, valid } from "semver";

/** Whether one version comes after another; false where one of them is none. */
export function isNewer(version: string, than: string): boolean {
  return valid(version) !== null && valid(than) !== null && gt(version, than);
}
