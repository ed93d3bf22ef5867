import type { AgentLinkClient } from "@bridgeport/proto";

/** A connection that stays open and sends nothing must not block an upgrade for ever. */
const longestMs = 20 * 60_000;

/** Reads the program of a platform from a channel, which is closed afterwards. Throws where it breaks. */
export async function* downloadProgram(
  client: AgentLinkClient,
  platform: string,
): AsyncGenerator<Uint8Array> {
  const call = client.download({ platform }, { deadline: Date.now() + longestMs });
  try {
    for await (const { content } of call) yield content;
  } finally {
    call.cancel();
    client.close();
  }
}
