import type { Power } from "./power.ts";
import { canonical, entriesOf, isObject, type Settings, textOf, valueText } from "./values.ts";

/** Which devices of the host a container may use: `/dev/fuse:mrw`, `request={…}`, `rule=c 1:3 r`. */
export function devicesOf(host: Settings): Power[] {
  const entries = (name: string) => host.readings(name).flatMap(entriesOf);
  const devices = entries("Devices").map(deviceText);
  const requests = entries("DeviceRequests").map((request) => `request=${canonical(request)}`);
  const rules = entries("DeviceCgroupRules").map((rule) => `rule=${textOf(rule)}`);
  return [...devices, ...requests, ...rules].map((value) => ({
    rule: "devices",
    value: valueText(value),
  }));
}

function deviceText(device: unknown): string {
  if (!isObject(device)) return canonical(device);
  const { PathOnHost, PathInContainer, CgroupPermissions, ...others } = device;
  const isPlain = Object.keys(others).length === 0 && typeof PathOnHost === "string";
  const access = [...textOf(CgroupPermissions ?? "rwm")].toSorted().join("");
  return isPlain && /^[mrw]+$/.test(access) && !PathOnHost.includes(":")
    ? `${PathOnHost}:${access}`
    : canonical(device);
}
