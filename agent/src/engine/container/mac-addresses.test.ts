import { describe, expect, it } from "vitest";
import type { ContainerInspection } from "../inspection.ts";
import { originOf, shownMacAddresses, wantedAddresses } from "./mac-addresses.ts";

const never = "0001-01-01T00:00:00Z";

function container(
  startedAt: string,
  macs: Record<string, string>,
  error = "",
): ContainerInspection {
  const Networks = Object.fromEntries(
    Object.entries(macs).map(([name, MacAddress]) => [name, { MacAddress }]),
  );
  return {
    HostConfig: { NetworkMode: "front" },
    State: { StartedAt: startedAt, Error: error },
    NetworkSettings: { Networks },
  } as unknown as ContainerInspection;
}

describe("what an inspection tells for certain", () => {
  const macs = { front: "02:11:22:33:44:01", back: "02:11:22:33:44:02", third: "" };

  it("is everything as long as the container was never started", () => {
    expect(shownMacAddresses(container(never, macs), "1.51", macs.front)).toEqual({
      configured: { front: macs.front, back: macs.back },
      unknown: {},
    });
  });

  it.each([
    ["runs", container("2026-01-01T00:00:00Z", macs)],
    ["could not be started", container(never, macs, "no such command")],
  ])("is the address of its mode's network only, where it %s", (_, of) => {
    const unknown = { back: macs.back, third: null };
    expect(shownMacAddresses(of, "1.51", macs.front)).toEqual({
      configured: { front: macs.front },
      unknown,
    });
    expect(shownMacAddresses(of, "1.51", null)).toEqual({ configured: {}, unknown });
  });

  it("is that before API 1.44 too, where nothing else can be asked for", () => {
    const of = container("2026-01-01T00:00:00Z", macs);
    expect(shownMacAddresses(of, "1.41", macs.front)).toEqual({
      configured: { front: macs.front },
      unknown: {},
    });
  });
});

describe("an address in use", () => {
  it.each([
    ["1.45", "02:42:0a:00:01:02", "10.0.1.2", "generated"],
    ["1.51", "02:42:0a:00:01:02", "10.0.1.2", "generated"],
    ["1.45", "02:42:0a:00:01:03", "10.0.1.2", "configured"],
    ["1.45", "02:11:22:33:44:55", "10.0.1.2", "configured"],
    ["1.45", "02:42:9c:11:22:33", "", "unknown"],
    ["1.51", "02:11:22:33:44:55", "10.0.1.2", "unknown"],
    ["1.51", "6a:03:28:c8:d5:52", "10.0.1.2", "unknown"],
    ["1.51", "00:16:3e:c8:d5:52", "10.0.1.2", "configured"],
  ])("of an engine with API %s: %s beside %s is %s", (api, MacAddress, IPAddress, origin) => {
    expect(originOf({ MacAddress, IPAddress }, api)).toBe(origin);
  });
});

describe("the engine's own record", () => {
  const record = (Networks: unknown) => ({ NetworkSettings: { Networks } });

  it("names what was asked for", () => {
    expect(
      wantedAddresses(
        record({
          front: { DesiredMacAddress: "02:11:22:33:44:01", MacAddress: "" },
          back: { DesiredMacAddress: "", MacAddress: "6a:03:28:c8:d5:52" },
        }),
      ),
    ).toEqual({ front: "02:11:22:33:44:01" });
  });

  it.each([null, {}, record(null), record({ front: { MacAddress: "x" } })])(
    "tells nothing in another form: %j",
    (other) => expect(wantedAddresses(other)).toBeNull(),
  );
});
