import { createHash } from "node:crypto";
import { lstat, readFile, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { StartRefused } from "../start-refused.ts";
import { parsePolicy } from "./parse-policy.ts";
import { defaultPolicyPath, openRules, type Policy } from "./policy.ts";

/** What earlier versions read, from a directory that belongs to the agent and not to the host's owner. */
const formerName = "policy.json";

/**
 * Reads the policy file of this host once, at the start. Throws {@link StartRefused} for one that is not
 * valid, or lies where the agent's own files are; so nothing that the owner forbade is ever ignored.
 *
 * @param path as given on the command line; null: the default, which need not exist
 */
export async function readPolicy(path: string | null, stateDir: string): Promise<Policy> {
  const file = resolve(path ?? defaultPolicyPath);
  if (await isBelow(stateDir, file)) {
    throw new StartRefused(
      `The policy file ${file} would lie in the agent's state directory ${stateDir}, but it belongs to the owner of this server: move it to a place such as ${defaultPolicyPath}, and name that with --policy if it is another.`,
    );
  }
  const former = join(stateDir, formerName);
  if (await exists(former)) {
    throw new StartRefused(
      `There is a policy file ${former}, but none is read from the state directory any longer, and what it forbids is not ignored: move it to ${file} (JSON is YAML, too), or remove it if that file has its rules.`,
    );
  }
  const ownPaths = await namesOf([stateDir, file]);
  const bytes = await contentOf(file, path !== null);
  if (bytes === null) return { ...openRules, path: file, sha256: null, ownPaths };
  const rules = await parsePolicy(bytes.toString("utf8"));
  if (typeof rules === "string") {
    throw new StartRefused(`The policy file ${file} is not valid: ${rules}`);
  }
  const trusted = rules.signatures.flatMap(({ files }) => files);
  for (const name of trusted) {
    if (!(await isBelow(stateDir, name))) continue;
    throw new StartRefused(
      `The policy file ${file} names ${name}, which lies in the agent's state directory ${stateDir}, but what it says of signatures belongs to the owner of this server: move it beside the policy file.`,
    );
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { ...rules, path: file, sha256, ownPaths: await namesOf([stateDir, file, ...trusted]) };
}

/** Paths as they are named, and what they lead to: another link in their place would be followed as well. */
async function namesOf(paths: readonly string[]): Promise<string[]> {
  const real = await Promise.all(paths.map(realPath));
  return [...new Set([...paths.map((path) => resolve(path)), ...real])];
}

/** Null where there is none and none has to be. */
async function contentOf(file: string, hasToExist: boolean): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !hasToExist) return null;
    throw new StartRefused(`The policy file ${file} cannot be read (${code ?? message}).`);
  }
}

async function isBelow(directory: string, file: string): Promise<boolean> {
  const way = relative(await realPath(directory), await realPath(file));
  return way === "" || !(way === ".." || way.startsWith("../") || isAbsolute(way));
}

/** Without links, also of something that does not exist yet. */
async function realPath(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch (error) {
    const parent = dirname(whole);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === whole) return whole;
    return join(await realPath(parent), relative(parent, whole));
  }
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
