import type { Version } from "./deployment.svelte.ts";

interface Options {
  autoRollback: boolean;
  parallelExecution: boolean;
  /** null: all of the image's */
  serviceIds: string[] | null;
}

/** The request that deploys the same, for a shell or a pipeline. */
export function curlDeploy(
  origin: string,
  imageId: string,
  version: Version,
  { autoRollback, parallelExecution, serviceIds }: Options,
): string {
  const body = {
    ...("tag" in version ? { tag: version.tag } : { imageDigestId: version.digest.id }),
    autoRollback,
    ...(parallelExecution ? { parallelExecution } : {}),
    ...(serviceIds === null ? {} : { serviceIds }),
  };
  return curl("POST", `${origin}/api/container-images/${imageId}/deploy`, body);
}

/** A request as a command; the token comes from the environment. */
export function curl(method: string, url: string, body?: unknown): string {
  const parts = [
    method === "GET" ? "curl" : `curl -X ${method}`,
    '-H "Authorization: Bearer $BRIDGEPORT_TOKEN"',
  ];
  if (body !== undefined) {
    parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  }
  parts.push(quoted(url));
  return parts.join(" ");
}

/** For a POSIX shell: nothing inside single quotes means anything. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
