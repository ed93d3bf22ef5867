import { describe, expect, it } from "vitest";
import { foreignHolder, isListening } from "../container/ports.ts";

describe("a host port", () => {
  const wanted = { containerName: "web", port: 80, ip: "", protocol: "tcp" };
  const isOwn = (name: string): boolean => name === "web";
  const held = (ip: string, port = 80, protocol = "tcp") => [
    { name: "other", ports: [{ ip, port, protocol }] },
  ];

  it("is held by a container that publishes it on an overlapping address", () => {
    expect(foreignHolder(wanted, held("0.0.0.0"), isOwn)).toBe("other");
    expect(foreignHolder(wanted, held("127.0.0.1"), isOwn)).toBe("other");
    expect(foreignHolder({ ...wanted, ip: "10.0.0.1" }, held("::"), isOwn)).toBe("other");
    expect(foreignHolder({ ...wanted, ip: "10.0.0.1" }, held("127.0.0.1"), isOwn)).toBeNull();
    expect(foreignHolder(wanted, held("0.0.0.0", 81), isOwn)).toBeNull();
    expect(foreignHolder(wanted, held("0.0.0.0", 80, "udp"), isOwn)).toBeNull();
    expect(
      foreignHolder(
        wanted,
        [{ name: "web", ports: [{ ip: "", port: 80, protocol: "tcp" }] }],
        isOwn,
      ),
    ).toBeNull();
  });

  it("is in use if the kernel's table lists a listener", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid",
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0",
      "   1: 00000000:0050 00000000:0000 01 00000000:00000000 00:00000000 00000000     0",
    ].join("\n");
    expect(isListening({ port: 8080, ip: "" }, table)).toBe(true);
    expect(isListening({ port: 8080, ip: "127.0.0.1" }, table)).toBe(true);
    expect(isListening({ port: 8080, ip: "10.0.0.1" }, table)).toBe(false);
    expect(isListening({ port: 80, ip: "" }, table)).toBe(false);
  });
});
