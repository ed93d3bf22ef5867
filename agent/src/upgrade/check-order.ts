import { verify, X509Certificate } from "node:crypto";
import type { AgentUpgrade } from "@bridgeport/proto";
import { isNewer } from "./versions.ts";

/** An order that may be carried out, or why it may not: a sentence. */
export type CheckedOrder = { ok: true; sha256: string } | { ok: false; error: string };

/**
 * Whether an order to upgrade names a newer program for this platform, and is signed by an authority
 * that this agent trusts.
 * @param host `version`: of this agent; `platform`: such as linux-x64; `authorities`: certificates in PEM
 */
export function checkOrder(
  order: AgentUpgrade,
  host: { version: string; platform: string; authorities: readonly string[] },
): CheckedOrder {
  const refuse = (error: string): CheckedOrder => ({ ok: false, error });
  if (!isSigned(order, host.authorities)) {
    return refuse("What it was to become is not signed by its control plane's authority.");
  }
  const [first, ...lines] = order.checksums.split("\n");
  if (first !== `bridgeport-agent ${order.version}`) {
    return refuse(`What is signed is another version than the ordered ${order.version}.`);
  }
  if (!isNewer(order.version, host.version)) {
    return refuse(
      `The version ${order.version} is not newer than ${host.version}, which runs here.`,
    );
  }
  const programs = lines.map((line) => /^([0-9a-f]{64}) {2}(\S+)$/.exec(line));
  const own = programs.find((program) => program?.[2] === host.platform);
  if (own?.[1] === undefined) {
    return refuse(`The control plane has no agent ${order.version} for ${host.platform}.`);
  }
  return { ok: true, sha256: own[1] };
}

function isSigned({ checksums, signature }: AgentUpgrade, authorities: readonly string[]): boolean {
  const bytes = Buffer.from(signature, "base64");
  return authorities.some((pem) => {
    try {
      const key = new X509Certificate(pem).publicKey;
      return verify("sha256", Buffer.from(checksums), { key, dsaEncoding: "ieee-p1363" }, bytes);
    } catch {
      return false;
    }
  });
}
