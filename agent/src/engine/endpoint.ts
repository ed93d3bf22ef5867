import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { type EngineEndpoint, type EngineTls, parseDockerHost } from "./client.ts";

type Environment = Record<string, string | undefined>;

const defaultHost = "unix:///var/run/docker.sock";

/**
 * Finds the engine as the docker command line does: DOCKER_HOST with DOCKER_TLS_VERIFY, DOCKER_TLS
 * and DOCKER_CERT_PATH, else DOCKER_CONTEXT, else the current context of ~/.docker/config.json,
 * else the usual socket. Throws a sentence that says what to do where that cannot be used.
 *
 * @param home the user's home directory
 */
export function readEndpoint(environment: Environment, home: string): EngineEndpoint {
  const directory = given(environment.DOCKER_CONFIG) ?? join(home, ".docker");
  const host = given(environment.DOCKER_HOST);
  const named = given(environment.DOCKER_CONTEXT);
  const context = host === null ? (named ?? currentContext(directory)) : null;
  if (context !== null && context !== "default") {
    const source = named === null ? `the current context of ${directory}` : "DOCKER_CONTEXT";
    return readContext(directory, context, source);
  }
  return readEnvironment(environment, host ?? defaultHost, directory);
}

function readEnvironment(
  environment: Environment,
  host: string,
  configDirectory: string,
): EngineEndpoint {
  parseDockerHost(host);
  const verify = given(environment.DOCKER_TLS_VERIFY) !== null;
  const encrypted = verify || given(environment.DOCKER_TLS) !== null;
  // The command line, too, lets these be set beside a socket of this machine.
  if (!encrypted || host.startsWith("unix:")) return { host, tls: null };
  const path = given(environment.DOCKER_CERT_PATH) ?? configDirectory;
  const files = {
    ca: readPem(join(path, "ca.pem")),
    cert: readPem(join(path, "cert.pem")),
    key: readPem(join(path, "key.pem")),
  };
  if (verify && files.ca === null) {
    throw new Error(
      `DOCKER_TLS_VERIFY is set, but there is no ${join(path, "ca.pem")}: set DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem.`,
    );
  }
  return { host, tls: checked({ ca: files.ca, client: clientOf(files, path), verify }, path) };
}

/** Throws a sentence where the files do not fit together, which every request would fail of. */
function checked(tls: EngineTls, path: string): EngineTls {
  try {
    createSecureContext({ ...(tls.ca === null ? {} : { ca: tls.ca }), ...tls.client });
    return tls;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`The certificates in ${path} cannot be used together: ${said}`);
  }
}

function clientOf(
  { cert, key }: { cert: string | null; key: string | null },
  path: string,
): EngineTls["client"] {
  if (cert !== null && key !== null) return { cert, key };
  if (cert === null && key === null) return null;
  const [there, missing] = cert === null ? ["key.pem", "cert.pem"] : ["cert.pem", "key.pem"];
  throw new Error(`${path} has ${there}, but no ${missing}: the engine needs both or neither.`);
}

function currentContext(directory: string): string | null {
  const file = join(directory, "config.json");
  const text = readFile(file);
  if (text === null) return null;
  const { currentContext: current } = parseJson(text, file) as { currentContext?: unknown };
  return typeof current === "string" && current !== "" ? current : null;
}

interface ContextFile {
  Endpoints?: { docker?: { Host?: unknown; SkipTLSVerify?: unknown } };
}

function readContext(directory: string, name: string, source: string): EngineEndpoint {
  const id = createHash("sha256").update(name).digest("hex");
  const file = join(directory, "contexts", "meta", id, "meta.json");
  const text = readFile(file);
  if (text === null) {
    throw new Error(
      `${source} is "${name}", but there is no such context (${file}): set DOCKER_HOST, or choose one that \`docker context ls\` names.`,
    );
  }
  const { Host: host, SkipTLSVerify: skip } =
    (parseJson(text, file) as ContextFile).Endpoints?.docker ?? {};
  if (typeof host !== "string" || host === "") {
    throw new Error(`The context "${name}" names no Docker Engine (${file}): set DOCKER_HOST.`);
  }
  parseDockerHost(host, { what: `The engine of the context "${name}"` });
  const path = join(directory, "contexts", "tls", id, "docker");
  const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((part) =>
    readPem(join(path, part)),
  );
  const files = { ca: ca ?? null, cert: cert ?? null, key: key ?? null };
  const encrypted = skip === true || Object.values(files).some((pem) => pem !== null);
  if (!encrypted || host.startsWith("unix:")) return { host, tls: null };
  const tls = { ca: files.ca, client: clientOf(files, path), verify: skip !== true };
  return { host, tls: checked(tls, path) };
}

function given(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}

/** Null where there is no such file. */
function readFile(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new Error(`${path} cannot be read (${code}): let the agent's user read it.`);
  }
}

function readPem(path: string): string | null {
  const text = readFile(path);
  if (text === null || text.includes("-----BEGIN ")) return text;
  throw new Error(`${path} is not a PEM file: it begins with no "-----BEGIN".`);
}

function parseJson(text: string, file: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new Error(`${file} is not valid JSON: mend it, or set DOCKER_HOST.`);
}
