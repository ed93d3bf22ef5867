/** A host port that a container is to have. `ip` empty: on all addresses. */
export interface WantedPort {
  containerName: string;
  port: number;
  ip: string;
  protocol: string;
}

export interface PortHolder {
  name: string;
  ports: readonly { ip: string; port: number; protocol: string }[];
}

/** The running container that holds a wanted port and is not the wanting one itself; null: none. */
export function foreignHolder(
  wanted: WantedPort,
  containers: readonly PortHolder[],
  isOwn: (name: string) => boolean,
): string | null {
  const holder = containers.find(
    ({ name, ports }) =>
      !isOwn(name) &&
      ports.some(
        ({ ip, port, protocol }) =>
          port === wanted.port && protocol === wanted.protocol && overlap(ip, wanted.ip),
      ),
  );
  return holder?.name ?? null;
}

function overlap(a: string, b: string): boolean {
  return a === b || isAny(a) || isAny(b);
}

function isAny(ip: string): boolean {
  return ip === "" || ip === "0.0.0.0" || ip === "::";
}

const listening = "0A";

/**
 * Whether a table of `/proc/net/tcp` or `tcp6` has a listener on the port. Addresses in the table are
 * hexadecimal, each group of four bytes in the machine's order; only "any" and equal ones count.
 */
export function isListening({ port, ip }: Pick<WantedPort, "port" | "ip">, table: string): boolean {
  const wantedPort = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").some((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    const [address = "", localPort] = local.split(":");
    if (state !== listening || localPort !== wantedPort) return false;
    return isAny(ip) || /^0+$/.test(address) || address === hexAddress(ip);
  });
}

function hexAddress(ip: string): string {
  const parts = ip.split(".").map(Number);
  if (parts.length !== 4) return ip;
  return parts
    .reverse()
    .map((part) => part.toString(16).toUpperCase().padStart(2, "0"))
    .join("");
}
