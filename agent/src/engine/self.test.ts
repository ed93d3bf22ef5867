import { describe, expect, test } from "vitest";
import { selfMatcher } from "./self.ts";

const id = "4f".repeat(32);
const other = "0c".repeat(32);
const nothing = { cgroup: "0::/\n", mountinfo: "", hostname: "web-1" };

describe("which container the agent itself runs in", () => {
  test.each([
    ["cgroup v1", { ...nothing, cgroup: `12:pids:/docker/${id}\n11:cpu:/docker/${id}\n` }],
    ["systemd scope", { ...nothing, cgroup: `0::/system.slice/docker-${id}.scope\n` }],
    ["nested engine", { ...nothing, cgroup: `1:name=systemd:/docker/${other}/docker/${id}\n` }],
    [
      "cgroup v2, by the engine's mounts",
      {
        ...nothing,
        mountinfo: `640 630 8:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw\n`,
      },
    ],
    ["host name", { ...nothing, hostname: id.slice(0, 12) }],
  ])("%s", (_, surroundings) => {
    const isSelf = selfMatcher(surroundings);
    expect(isSelf(id)).toBe(true);
    expect(isSelf(other)).toBe(false);
  });

  test("an agent on the host is in no container, though it sees the mounts of others", () => {
    const mountinfo = `99 25 0:52 / /var/lib/docker/containers/${id}/mounts/shm rw - tmpfs shm rw\n`;
    expect(selfMatcher({ ...nothing, mountinfo })(id)).toBe(false);
  });

  test("a host name that is shorter than an id is not taken for one", () => {
    expect(selfMatcher({ ...nothing, hostname: "4f4f" })(id)).toBe(false);
  });
});
