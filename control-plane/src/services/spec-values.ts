/*
 * The small notations of a container's description, as the docker command line and Compose write
 * them, into the Engine API's terms. Each gives null for what it cannot read.
 */

/** A published or exposed port: the container's side as `80/tcp`, and where it is published. */
export interface PortValue {
  container: string;
  /** null: exposed only */
  binding: { HostIp: string; HostPort: string } | null;
}

const protocols = ["tcp", "udp", "sctp"];

/** `80`, `80/udp`, `8080:80`, `127.0.0.1:8080:80/tcp`, `[::1]:8080:80`; `:80` takes any free port. */
export function portValue(text: string): PortValue | null {
  const [address, protocol = "tcp", ...more] = text.split("/");
  if (address === undefined || more.length > 0 || !protocols.includes(protocol)) return null;
  const bracketed = /^\[([0-9a-fA-F:.]+)\]:(.*)$/.exec(address);
  const parts = (bracketed?.[2] ?? address).split(":");
  const containerPort = parts.pop() ?? "";
  if (!isPort(containerPort)) return null;
  const container = `${Number(containerPort)}/${protocol}`;
  if (parts.length === 0 && !bracketed) return { container, binding: null };
  const hostPort = parts.pop() ?? "";
  if (hostPort !== "" && !isPort(hostPort)) return null;
  const hostIp = bracketed?.[1] ?? parts.pop() ?? "";
  if (parts.length > 0 || (hostIp !== "" && !isAddress(hostIp))) return null;
  return { container, binding: { HostIp: hostIp, HostPort: hostPort } };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function isAddress(text: string): boolean {
  return /^[0-9.]{7,15}$/.test(text) || /^[0-9a-fA-F:.]{2,45}$/.test(text);
}

/** A bind for `HostConfig.Binds`, or an anonymous volume. */
export type VolumeValue = { bind: string } | { anonymous: string };

/** `data:/var/lib/data`, `/srv/x:/x:ro`, `/cache` (anonymous). */
export function volumeValue(text: string): VolumeValue | null {
  const [first = "", target, options, ...more] = text.split(":");
  if (more.length > 0) return null;
  if (target === undefined) return first.startsWith("/") ? { anonymous: first } : null;
  if (!target.startsWith("/") || first === "" || (options !== undefined && options === "")) {
    return null;
  }
  const named = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(first);
  return named || first.startsWith("/") ? { bind: text } : null;
}

const unitsNs: Record<string, number> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** `500ms`, `30s`, `1m30s`, in nanoseconds. */
export function durationNs(text: string): number | null {
  let total = 0;
  let rest = text;
  while (rest !== "") {
    const match = /^(\d{1,12}(?:\.\d{1,9})?)(ns|us|ms|s|m|h)/.exec(rest);
    if (!match?.[1] || !match[2]) return null;
    total += Number(match[1]) * (unitsNs[match[2]] ?? Number.NaN);
    rest = rest.slice(match[0].length);
  }
  return text === "" ? null : Math.round(total);
}

const unitsBytes: Record<string, number> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `512m`, `1.5g`, `1073741824`, in bytes. */
export function byteCount(text: string): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)(b|k|m|g)?(?:i?b)?$/i.exec(text);
  if (!match?.[1]) return null;
  return Math.round(Number(match[1]) * (unitsBytes[(match[2] ?? "").toLowerCase()] ?? Number.NaN));
}

/** `no`, `always`, `unless-stopped`, `on-failure`, `on-failure:3`. */
export function restartPolicy(text: string): { Name: string; MaximumRetryCount: number } | null {
  const [name = "", count, ...more] = text.split(":");
  if (more.length > 0 || !["no", "always", "unless-stopped", "on-failure"].includes(name)) {
    return null;
  }
  if (count === undefined) return { Name: name, MaximumRetryCount: 0 };
  if (name !== "on-failure" || !/^\d{1,6}$/.test(count)) return null;
  return { Name: name, MaximumRetryCount: Number(count) };
}
