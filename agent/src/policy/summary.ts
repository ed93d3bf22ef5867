import type { PolicyReport } from "@bridgeport/proto";
import { powerRules } from "@bridgeport/proto/powers";
import type { Grant, Policy } from "./policy.ts";

/** More than these are counted and not named, and longer names are cut, so that a report stays short. */
const named = 3;
const nameLength = 40;

const gainNothing = "containers gain nothing on the host.";

/** What the control plane and the people there are told of this host's policy. */
export function policyReport(policy: Policy): PolicyReport {
  return { hash: policy.sha256, summary: summaryOf(policy) };
}

function summaryOf(policy: Policy): string {
  const grants = policy.containers.filter(({ powers }) => Object.keys(powers).length > 0);
  const rules = [
    ...restrictions(policy),
    ...(grants.length > named
      ? [...grants.slice(0, named - 1).map(granted), grantedToOthers(grants.slice(named - 1))]
      : grants.map(granted)),
  ];
  if (policy.sha256 === null) return `No policy file: ${gainNothing}`;
  if (rules.length === 0) return `No rules: ${gainNothing}`;
  const sentence = `${capital(rules.join("; "))}.`;
  return grants.length === 0 ? `${sentence} ${capital(gainNothing)}` : sentence;
}

function restrictions(policy: Policy): string[] {
  const { allow, images, denyImages, denyContainers, denyLabels, signatures } = policy;
  const sentences = [
    allow?.length === 0 && "allows no commands",
    allow !== null &&
      allow.length > 0 &&
      `allows the ${allow.length === 1 ? "command" : "commands"} ${listed(allow)}`,
    images !== null && (images.length === 0 ? "allows no images" : `allows ${patterns(images)}`),
    denyImages.length > 0 && `denies ${patterns(denyImages)}`,
    signatures.length > 0 && wantedSigned(signatures.flatMap((rule) => rule.images)),
    denyContainers.length > 0 && `denies ${containers(denyContainers)}`,
    denyLabels.length > 0 && `denies containers with the label ${shown(denyLabels, "or")}`,
  ];
  return sentences.filter((sentence) => sentence !== false);
}

function wantedSigned(images: readonly string[]): string {
  return images.includes("*") ? "runs only signed images" : `wants ${patterns(images)} signed`;
}

function granted({ containers: pattern, powers }: Grant): string {
  const rules = powerRules.filter((rule) => powers[rule] !== undefined);
  return `lets ${containers([pattern])} have ${listed(rules)}`;
}

function grantedToOthers(grants: readonly Grant[]): string {
  const rules = powerRules.filter((rule) => grants.some(({ powers }) => powers[rule]));
  return `lets containers of ${grants.length} more patterns have ${listed(rules)}`;
}

function patterns(images: readonly string[]): string {
  return `${images.length} image ${images.length === 1 ? "pattern" : "patterns"}`;
}

function containers(names: readonly string[]): string {
  const [first = ""] = names;
  const isOne = names.length === 1 && !first.includes("*");
  return `${isOne ? "container" : "containers"} ${shown(names)}`;
}

function shown(names: readonly string[], last?: "or"): string {
  const words = names.slice(0, named).map(shortened);
  const more = names.length - words.length;
  return listed(more > 0 ? [...words, `${more} more`] : words, last);
}

function shortened(name: string): string {
  return name.length > nameLength ? `${name.slice(0, nameLength)}…` : name;
}

function listed(words: readonly string[], before = "and"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${before} ${last}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
