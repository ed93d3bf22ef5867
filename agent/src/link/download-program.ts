import type { AgentLinkClient } from "@bridgeport/proto";

/** Reads the program of a platform from a channel, which is closed afterwards. */
export async function* downloadProgram(
  client: AgentLinkClient,
  platform: string,
): AsyncGenerator<Uint8Array> {
  const call = client.download({ platform });
  try {
    for await (const { content } of call) yield content;
  } finally {
    call.cancel();
    client.close();
  }
}
