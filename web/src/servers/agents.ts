import type { Server } from "$lib/api/model.ts";

/** What a page says of one server's agent and its upgrade; null: nothing. */
export interface AgentNote {
  tone: "info" | "warn" | "bad";
  title: string;
  text: string;
  /** whether an upgrade can be ordered now */
  offers: boolean;
}

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
export function agentCounts(
  servers: readonly Pick<Server, "agentOutdated" | "agentUpgrade" | "status">[],
): { outdated: number; upgradable: number; underWay: number } {
  const open = ({ agentUpgrade }: Pick<Server, "agentUpgrade">) =>
    agentUpgrade?.status === "queued" || agentUpgrade?.status === "running";
  const outdated = servers.filter(({ agentOutdated }) => agentOutdated);
  return {
    outdated: outdated.length,
    upgradable: outdated.filter((server) => server.status === "online" && !open(server)).length,
    underWay: servers.filter(open).length,
  };
}
