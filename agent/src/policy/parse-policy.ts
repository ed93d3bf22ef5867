import { type PowerRule, powerRules } from "@bridgeport/proto/powers";
import { imagePatternMistake } from "./image-names.ts";
import { type AllowedKind, type Grant, openRules, type PolicyRules } from "./policy.ts";
import { readSignatureRule, type SignatureRule } from "./signature-rules.ts";

const kinds: Record<AllowedKind, true> = {
  pull: true,
  run: true,
  rollback: true,
  job: true,
  commit: true,
  prune: true,
  prune_estimate: true,
  probe: true,
  lifecycle: true,
  cancel: true,
  logs: true,
  upgrade: true,
};

/** What is wrong with a value: a sentence that begins with its place in the file. */
class Mistake extends Error {}

/**
 * The rules in the text of a policy file, which is YAML (and so may be JSON), or a sentence about what is
 * wrong with it. A policy is never applied in part.
 */
export async function parsePolicy(text: string): Promise<PolicyRules | string> {
  // Loaded here, as most hosts have no policy and the agent is to be small.
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined)
    return `it is not YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}.`;
  try {
    return await readRules(document.toJS({ maxAliasCount: 100 }));
  } catch (mistake) {
    if (mistake instanceof Error) return `${mistake.message}.`;
    throw mistake;
  }
}

async function readRules(value: unknown): Promise<PolicyRules> {
  if (value === null) {
    throw new Mistake("it is empty: write {} if nothing is to be restricted, or remove the file");
  }
  const settings = Object.keys(openRules) as (keyof PolicyRules)[];
  const file = mapping("", value, settings);
  return {
    allow: file.allow === undefined ? null : commandKinds(file.allow),
    images: file.images === undefined ? null : images("images", file.images),
    denyImages: images("denyImages", file.denyImages),
    denyContainers: texts("denyContainers", file.denyContainers),
    denyLabels: texts("denyLabels", file.denyLabels),
    signatures: await signatures(file.signatures),
    containers: grants(file.containers),
  };
}

async function signatures(value: unknown): Promise<SignatureRule[]> {
  if (value === undefined) return [];
  const rules = list("signatures", value, "{images: [pattern], keys: [path]}").map((one, index) => {
    const place = `signatures[${index}]`;
    const rule = mapping(place, one, ["images", "keys", "identities", "trustRoot"]);
    const named = images(`${place}.images`, rule.images);
    if (named.length === 0)
      throw new Mistake(`${place}.images names no image: write ["*"] for all`);
    const written = {
      images: named,
      keys: texts(`${place}.keys`, rule.keys),
      identities: identities(`${place}.identities`, rule.identities),
      trustRoot:
        rule.trustRoot === undefined ? null : oneText(`${place}.trustRoot`, rule.trustRoot),
    };
    return { place, written };
  });
  const read: SignatureRule[] = [];
  for (const { place, written } of rules) {
    const rule = await readSignatureRule(written);
    if (typeof rule === "string") throw new Mistake(`${place}: ${rule}`);
    read.push(rule);
  }
  return read;
}

function identities(place: string, value: unknown): { issuer: string; subject: string }[] {
  if (value === undefined) return [];
  return list(place, value, "{issuer: address, subject: name}").map((one, index) => {
    const { issuer, subject } = mapping(`${place}[${index}]`, one, ["issuer", "subject"]);
    return {
      issuer: oneText(`${place}[${index}].issuer`, issuer),
      subject: oneText(`${place}[${index}].subject`, subject),
    };
  });
}

function commandKinds(value: unknown): AllowedKind[] {
  return texts("allow", value).map((kind) => {
    if (Object.hasOwn(kinds, kind)) return kind as AllowedKind;
    throw new Mistake(`allow names "${kind}"; the kinds are ${Object.keys(kinds).join(", ")}`);
  });
}

function images(place: string, value: unknown): string[] {
  const patterns = texts(place, value);
  for (const pattern of patterns) {
    const mistake = imagePatternMistake(pattern);
    if (mistake !== null) throw new Mistake(`${place} has "${pattern}": ${mistake}`);
  }
  return patterns;
}

function grants(value: unknown): Grant[] {
  if (value === undefined) return [];
  const byName = mapping("containers", value, null);
  return Object.entries(byName).map(([containers, granted]) => {
    const place = `containers.${containers}`;
    const rules = mapping(place, granted, powerRules);
    const powers: Partial<Record<PowerRule, readonly string[]>> = {};
    for (const rule of powerRules) {
      if (rules[rule] === undefined) continue;
      const patterns = powersOf(`${place}.${rule}`, rule, rules[rule]);
      if (patterns.length > 0) powers[rule] = patterns;
    }
    return { containers, powers };
  });
}

function powersOf(place: string, rule: PowerRule, value: unknown): string[] {
  if (rule === "privileged") {
    if (typeof value !== "boolean") throw new Mistake(`${place} must be true or false`);
    return value ? ["true"] : [];
  }
  const patterns = texts(place, value);
  if (rule === "capabilities") {
    return patterns.map((name) => name.toUpperCase().replace(/^CAP_/, ""));
  }
  if (rule === "mounts") {
    const other = patterns.find((one) => !/^(\/|"|volumes-from=)/.test(one));
    if (other !== undefined) {
      throw new Mistake(`${place} has "${other}", which is no absolute path such as /srv/web:ro`);
    }
  }
  return patterns;
}

/** @param keys those that there are; null: any */
function mapping(
  place: string,
  value: unknown,
  keys: readonly string[] | null,
): Record<string, unknown> {
  const name = place === "" ? "it" : place;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const takes = keys === null ? "names of containers" : keys.join(", ");
    throw new Mistake(`${name} must be a mapping (key: value) of ${takes}`);
  }
  const unknown = Object.keys(value).find((key) => keys !== null && !keys.includes(key));
  if (unknown !== undefined) {
    const path = place === "" ? unknown : `${place}.${unknown}`;
    throw new Mistake(`${path} is not a setting; there are ${keys?.join(", ")}`);
  }
  return value as Record<string, unknown>;
}

function list(place: string, value: unknown, of: string): unknown[] {
  if (!Array.isArray(value)) throw new Mistake(`${place} must be a list of ${of}`);
  return value;
}

function oneText(place: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw new Mistake(`${place} must be a text`);
  return value;
}

function texts(place: string, value: unknown): string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value);
  if (!isList || !value.every((one) => typeof one === "string" && one !== "")) {
    throw new Mistake(`${place} must be a list of texts, such as [a, "b*"]`);
  }
  return value as string[];
}
