/**
 * Flags of Node for an agent: the first saves a quarter of the memory. It implies the second, and warns where
 * that is not given, up to Node 23; later ones do not know it. `launch/agent.mjs` says the same.
 * @param version of Node, default this one's
 */
export function agentFlags(version: string = process.versions.node): string[] {
  return ["--lite-mode", ...(Number.parseInt(version, 10) < 24 ? ["--no-expose-wasm"] : [])];
}
