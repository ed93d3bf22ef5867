import type { AgentConfig } from "../config.ts";
import type { Logger } from "../log.ts";
import { StartRefused } from "../start-refused.ts";
import { enrol } from "./enrol.ts";
import { type Identity, loadIdentity, saveIdentity } from "./identity.ts";
import { tokenFingerprint } from "./join-token.ts";

/**
 * The identity in the state directory. Where there is none, the agent enrols with the join token. It
 * also enrols again if the token is not the one of the present identity: an operator passes a new token
 * on purpose, after the server was deleted or to move the agent. Throws {@link StartRefused}.
 */
export async function ensureIdentity(
  stateDir: string,
  {
    url,
    joinToken,
    agentAddr,
    tokenOverHttp,
  }: Pick<AgentConfig, "url" | "joinToken" | "agentAddr" | "tokenOverHttp">,
  hostname: string,
  log: Logger,
): Promise<Identity> {
  const present = await loadIdentity(stateDir);
  const joins =
    joinToken !== null && (present === null || present.joinedWith !== tokenFingerprint(joinToken));
  if (joins) {
    if (url === null) {
      throw new StartRefused("--url is missing: joining needs the control plane's address.");
    }
    const identity = await enrol({ url, joinToken, hostname, log, agentAddr, tokenOverHttp });
    await saveIdentity(stateDir, identity);
    log.info("Joined the control plane", { url: url.href, server: identity.serverId });
    return identity;
  }
  if (present === null) {
    throw new StartRefused(
      `The state directory ${stateDir} belongs to no server yet: start with --url and a --token from the server's page.`,
    );
  }
  if (url === null || url.href === present.url) return present;
  const moved = { ...present, url: url.href };
  await saveIdentity(stateDir, moved);
  return moved;
}
