import type { Server } from "$lib/api/model.ts";
import { count } from "$lib/wording/wording.ts";

/** What a page says of agents and their upgrade. */
export interface AgentNote {
  tone: "info" | "warn" | "bad";
  title: string;
  text: string;
  /** whether an upgrade can be ordered now */
  offers: boolean;
}

/** Of one server's agent; null: nothing. */
export function agentNote(
  server: Pick<Server, "agentOutdated" | "agentUpgrade" | "agentVersion">,
): AgentNote | null {
  const { agentUpgrade: upgrade, agentOutdated, agentVersion } = server;
  if (upgrade?.status === "queued") {
    return {
      tone: "info",
      title: `The agent's upgrade to ${upgrade.to} waits`,
      text: "It begins when the agents before it have succeeded.",
      offers: false,
    };
  }
  if (upgrade?.status === "running") {
    return {
      tone: "info",
      title: `The agent is being upgraded from ${upgrade.from} to ${upgrade.to}`,
      text: "It downloads the new version, finishes what is under way, and lets it prove itself. Containers go on running.",
      offers: false,
    };
  }
  if (!agentOutdated) return null;
  if (upgrade?.status === "failed" || upgrade?.status === "cancelled") {
    return {
      tone: upgrade.status === "failed" ? "bad" : "warn",
      title:
        upgrade.status === "failed"
          ? `The agent's upgrade to ${upgrade.to} failed; ${agentVersion} runs`
          : `The agent's upgrade to ${upgrade.to} did not begin`,
      text: upgrade.error ?? "",
      offers: true,
    };
  }
  return {
    tone: "info",
    title: `The agent ${agentVersion} is outdated`,
    text: "It works with this control plane, and with the next one perhaps no longer.",
    offers: true,
  };
}

/** How many agents of these servers are older, and how many of them are being upgraded or wait for it. */
interface AgentCounts {
  outdated: number;
  upgradable: number;
  underWay: number;
}

export function agentCounts(
  servers: readonly Pick<Server, "agentOutdated" | "agentUpgrade" | "status">[],
): AgentCounts {
  const open = ({ agentUpgrade }: Pick<Server, "agentUpgrade">) =>
    agentUpgrade?.status === "queued" || agentUpgrade?.status === "running";
  const outdated = servers.filter(({ agentOutdated }) => agentOutdated);
  return {
    outdated: outdated.length,
    upgradable: outdated.filter((server) => server.status === "online" && !open(server)).length,
    underWay: servers.filter(open).length,
  };
}

/** Of the agents of an environment; null: nothing. */
export function agentsNote({ outdated, underWay }: AgentCounts): AgentNote | null {
  if (outdated === 0 && underWay === 0) return null;
  const offers = outdated > underWay;
  return underWay > 0
    ? {
        tone: "info",
        title: `${count(underWay, "agent")} being upgraded or waiting for it`,
        text: "The next begin when those before have succeeded. Each server's page shows what becomes of it.",
        offers,
      }
    : {
        tone: "info",
        title: `${count(outdated, "agent")} outdated`,
        text: "They are older than the control plane.",
        offers,
      };
}
