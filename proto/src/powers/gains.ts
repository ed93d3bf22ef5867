import { inPrivileged, type Power } from "./power.ts";

/** Those powers that neither are among `before` nor are a part of what is. */
export function gains(next: readonly Power[], before: readonly Power[]): Power[] {
  return next.filter((power) => !before.some((one) => covers(one, power)));
}

function covers(before: Power, { rule, value }: Power): boolean {
  if (before.rule === "privileged" && inPrivileged.has(rule)) {
    return true;
  }
  if (before.rule !== rule) return false;
  if (before.value === value) return true;
  switch (rule) {
    case "capabilities":
      return before.value === "ALL";
    case "mounts":
      return value === `${before.value}:ro`;
    case "devices":
      return isLessAccess(before.value, value);
    case "security":
      return unfiltered.has(before.value) && value.startsWith(`${before.value.split("=")[0]}=`);
    default:
      return false;
  }
}

/** The container is not filtered at all, so any filter is less. */
const unfiltered = new Set(["seccomp=unconfined", "apparmor=unconfined", "label=disable"]);

function isLessAccess(before: string, wanted: string): boolean {
  const [had, has] = [before, wanted].map((value) => /^(.*):([mrw]+)$/.exec(value));
  if (!had || !has || had[1] !== has[1]) return false;
  return [...(has[2] ?? "")].every((letter) => had[2]?.includes(letter));
}
