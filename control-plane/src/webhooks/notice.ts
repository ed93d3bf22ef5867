import type { EventData, EventPayload, Payload } from "./events.ts";

/** Good, bad, or neither: what decides on a message's colour. */
export type Tone = "good" | "bad" | "neutral";

export interface Notice {
  /** one line */
  title: string;
  /** a few lines, none of them empty */
  lines: string[];
  tone: Tone;
  url: string;
}

/** An event in words, for everybody who is no program. */
export function notice(payload: Payload): Notice {
  const where = payload.environment === null ? [] : [`Environment: ${payload.environment.name}`];
  switch (payload.event) {
    case "plan.waiting": {
      const { approvalsRequired: needed } = payload.data;
      const approvals = needed === 1 ? "an approval" : `${needed} approvals`;
      return deployment(payload.data, where, `waits for ${approvals}`, "neutral");
    }
    case "plan.paused": {
      const told = deployment(payload.data, where, "is paused", "neutral");
      return { ...told, lines: [...told.lines, `Why: ${payload.data.reason}`] };
    }
    case "deployment.started":
      return deployment(payload.data, where, "is being deployed", "neutral");
    case "deployment.succeeded":
      return deployment(payload.data, where, "was deployed", "good");
    case "deployment.failed":
      return deployment(payload.data, where, "could not be deployed", "bad");
    case "deployment.rolled_back":
      return deployment(payload.data, where, "was rolled back", "bad");
    case "image.update_available": {
      const { image, tag, digest, url: page } = payload.data;
      return {
        title: `${image.name}: ${tag ?? shortDigest(digest)} is available`,
        lines: [...where, `Image: ${image.imageName}`, `Digest: ${shortDigest(digest)}`],
        tone: "neutral",
        url: page,
      };
    }
    case "container.unhealthy":
    case "container.crash_looping":
    case "container.missing":
    case "container.recovered": {
      const { service, server, since, url: page } = payload.data;
      const well = payload.event === "container.recovered";
      return {
        title: `${service.name} on ${server.name} ${states[payload.event]}`,
        lines: [...where, `${well ? "It was not since" : "Since"}: ${since}`],
        tone: well ? "good" : "bad",
        url: page,
      };
    }
    case "digest.quarantined": {
      const { image, tag, digest, reason, url: page } = payload.data;
      return {
        title: `${image.name}: ${tag ?? shortDigest(digest)} is in quarantine`,
        lines: [...where, `Image: ${image.imageName}`, `Reason: ${reason}`],
        tone: "bad",
        url: page,
      };
    }
    case "registry.failing":
    case "registry.recovered": {
      const { registry, error, url: page } = payload.data;
      const failing = payload.event === "registry.failing";
      return {
        title: `Registry ${registry.name} ${failing ? "cannot be checked" : "can be checked again"}`,
        lines: [...where, `${failing ? "Error" : "The error was"}: ${error}`],
        tone: failing ? "bad" : "good",
        url: page,
      };
    }
    case "server.disk_low":
    case "server.disk_recovered": {
      const { server, freeBytes, url: page } = payload.data;
      const low = payload.event === "server.disk_low";
      return {
        title: `Server ${server.name} has ${low ? "little disk space left" : "enough disk space again"}`,
        lines: [...where, `Free: ${(freeBytes / 2 ** 30).toFixed(1)} GiB`],
        tone: low ? "bad" : "good",
        url: page,
      };
    }
    case "server.offline":
    case "server.online": {
      const off = payload.event === "server.offline";
      return {
        title: `Server ${payload.data.server.name} is ${off ? "offline" : "online"}`,
        lines: where,
        tone: off ? "bad" : "good",
        url: payload.data.url,
      };
    }
    case "agent.outdated": {
      const { server, agentVersion, version, url: page } = payload.data;
      return {
        title: `Server ${server.name}: its agent is outdated`,
        lines: [...where, `Agent: ${agentVersion}`, `Control plane: ${version}`],
        tone: "neutral",
        url: page,
      };
    }
    case "server.two_agents": {
      const { server, reason, address, url: page } = payload.data;
      return {
        title: `Server ${server.name}: two agents use its certificates`,
        lines: [
          ...where,
          `What happened: ${reason}`,
          `From: ${address}`,
          "If you know of no second agent, revoke the server's certificates on its page.",
        ],
        tone: "bad",
        url: page,
      };
    }
    case "service.drift": {
      const { service, server, expected, actual, url: page } = payload.data;
      return {
        title: `${service.name} on ${server.name} runs something else than was deployed`,
        lines: [...where, `Deployed: ${shortDigest(expected)}`, `Running: ${shortDigest(actual)}`],
        tone: "bad",
        url: page,
      };
    }
    case "environment.frozen":
    case "environment.unfrozen": {
      const { until, reason, by, everywhere, url: page } = payload.data;
      const name = everywhere
        ? "All environments"
        : (payload.environment?.name ?? "An environment");
      const frozen = payload.event === "environment.frozen";
      return {
        title: frozen
          ? `${name}: frozen until ${inMinutes(until)}`
          : `${name}: the freeze was ended`,
        lines: [...where, `Reason: ${reason}`, `Set by: ${by}`],
        tone: "neutral",
        url: page,
      };
    }
    case "batch": {
      const { events, url: page } = payload.data;
      const notices = events.map(notice);
      const tones = new Set(notices.map(({ tone }) => tone));
      return {
        title: `${events.length} events${payload.environment === null ? "" : ` in ${payload.environment.name}`}`,
        lines: notices.map(
          ({ title }, index) =>
            `${payload.environment ? "" : inEnvironment(events[index])}${title}`,
        ),
        tone: tones.has("bad") ? "bad" : tones.size === 1 && tones.has("good") ? "good" : "neutral",
        url: page,
      };
    }
    case "test":
      return { title: payload.data.message, lines: [], tone: "neutral", url: payload.data.url };
  }
}

const inEnvironment = (event: EventPayload | undefined) =>
  event?.environment ? `${event.environment.name}: ` : "";

const states = {
  "container.unhealthy": "is unhealthy",
  "container.crash_looping": "restarts again and again",
  "container.missing": "has lost its container",
  "container.recovered": "is well again",
} as const;

function deployment(
  data: EventData["deployment"],
  where: string[],
  what: string,
  tone: Tone,
): Notice {
  const images = data.targets.map(
    ({ image, tag, digest }) => `${image.imageName}:${tag ?? shortDigest(digest)}`,
  );
  const first = `${data.image.imageName}:${data.tag ?? shortDigest(data.digest)}`;
  const several = images.length > 1;
  const services = data.services.map(({ name, serverName }) => `${name} on ${serverName}`);
  return {
    title: `${several ? `A release of ${images.length} images` : first} ${what}`,
    lines: [
      ...where,
      ...(several ? [`Images: ${images.join(", ")}`] : []),
      ...(services.length > 0 ? [`Services: ${services.join(", ")}`] : []),
      `By: ${data.triggeredBy}`,
      ...(data.error === null ? [] : [`Error: ${data.error}`]),
    ],
    tone,
    url: data.url,
  };
}

function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

/** A time in ISO 8601, UTC, as people read it: "2030-01-31 17:00 UTC" */
function inMinutes(time: string): string {
  return time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z$/, "$1 $2 UTC");
}
