import { readFileSync } from "node:fs";
import { ConfigError, secretVariables } from "./config.ts";

type Environment = Record<string, string | undefined>;

/**
 * Environment variables with the content of the files that `…_FILE` variables name: secrets as
 * Compose, Kubernetes and systemd hand them over.
 * @throws {ConfigError} for a file that cannot be read or is empty, and where both are set
 */
export function withSecretFiles(env: Environment): Environment {
  const read: Environment = {};
  for (const name of secretVariables()) {
    const variable = `${name}_FILE`;
    const path = env[variable]?.trim();
    if (!path) continue;
    if (env[name]?.trim()) {
      throw new ConfigError(`${name} and ${variable} are both set: unset one of them.`);
    }
    read[name] = contentOf(variable, path);
  }
  return { ...env, ...read };
}

function contentOf(variable: string, path: string): string {
  let content: string;
  try {
    content = readFileSync(path, "utf8").trim();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConfigError(
      `${variable}=${path} cannot be read (${reason}): it takes the path of a file that user ${process.getuid?.() ?? ""} may read.`,
    );
  }
  if (content === "")
    throw new ConfigError(`${variable}=${path} cannot be used: the file is empty.`);
  return content;
}
