import type { DockerVersion } from "dockerode";
import type { Engine } from "./client.ts";

/**
 * What Podman says and takes in other words than Docker, whose API it speaks, tried on 5.8.
 * How it shows a container's configuration is in container/podman-config.ts. docs/engines.md says what
 * works with it and what does not.
 */

/** Podman names itself among its parts; the version is then Podman's own. */
export function isPodman({ Components: parts }: Pick<DockerVersion, "Components">): boolean {
  return (parts ?? []).some(({ Name: name }) => name === "Podman Engine");
}

/** Whether a container is Podman's, which marks its own. */
export function isPodmans({ HostConfig: host }: { HostConfig?: object }): boolean {
  const { Annotations: annotations } = (host ?? {}) as {
    Annotations?: Record<string, string> | null;
  };
  return annotations?.["io.container.manager"] === "libpod";
}

/**
 * The API version by whose rules a container is configured. Podman says up to 1.44, while it takes
 * several networks at creation and makes random hardware addresses as Docker does since this one.
 */
export function configuredAs(version: Pick<DockerVersion, "ApiVersion" | "Components">): string {
  return isPodman(version) ? "1.48" : version.ApiVersion;
}

interface LibpodContainer {
  State?: { StoppedByUser?: boolean };
}

/**
 * The container, but as restarting where Podman is about to start it again: it shows it as ended until
 * then, and tells only in its own API whether it was stopped on request. Where that is not available, such as
 * behind a proxy that allows Docker's API only, it is what it is shown as.
 */
export async function withRestarting<Container extends Ended>(
  engine: Engine,
  container: Container,
): Promise<Container> {
  if (!isPodmans(container) || !restartsAfterEnd(container)) return container;
  const path = `/containers/${container.Id}/json`;
  const own = (await askPodman(engine, path).catch(() => null)) as LibpodContainer | null;
  if (own === null || own.State?.StoppedByUser === true) return container;
  const state = { ...container.State, Status: "restarting", Running: true, Restarting: true };
  return { ...container, State: state };
}

/** As much of a container as tells whether it is started again when it has ended. */
interface Ended {
  Id: string;
  RestartCount: number;
  State: { Status: string; ExitCode: number; FinishedAt: string };
  HostConfig: { RestartPolicy?: { Name?: string; MaximumRetryCount?: number } | null };
}

/** It starts one again at once; one that ended longer ago, such as before the machine started, stays so. */
const aboutToStartMs = 60_000;

function restartsAfterEnd({ State: state, HostConfig: host, RestartCount: restarts }: Ended) {
  if (state.Status !== "exited") return false;
  if (Date.now() - Date.parse(state.FinishedAt) > aboutToStartMs) return false;
  const { Name: name = "no", MaximumRetryCount: most = 0 } = host.RestartPolicy ?? {};
  if (name === "on-failure") return state.ExitCode !== 0 && (most === 0 || restarts < most);
  return name === "always" || name === "unless-stopped";
}

/** What an image says of its health check, which Podman tells in its own API only. */
export async function healthcheckOf(engine: Engine, imageId: string): Promise<unknown> {
  const image = (await askPodman(engine, `/images/${imageId}/json`)) as LibpodImage;
  return image.Healthcheck ?? null;
}

interface LibpodImage {
  Healthcheck?: unknown;
}

/** Podman's own API has no paths without a version. Throws what the client throws. */
async function askPodman(engine: Engine, path: string): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const call = { path: `/v5.0.0/libpod${path}`, method: "GET", statusCodes: { 200: true } };
    engine.docker.modem.dial(call, (error: unknown, answer: unknown) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}
