import { describe, expect, it } from "vitest";
import type { ContainerInspection } from "../inspection.ts";
import { type LayerChange, nanosecondsOf, type PathFacts } from "./layer.ts";
import { hasFraction, layerFiles, originsOf } from "./own-files.ts";

const never = "0001-01-01T00:00:00Z";
const created = "2026-01-01T12:00:00.25Z";
const started = "2026-01-01T12:00:05.5Z";

function container(more: {
  startedAt?: string;
  host?: ContainerInspection["HostConfig"];
  mounts?: ContainerInspection["Mounts"];
  workingDir?: string;
}): ContainerInspection {
  const { startedAt = started } = more;
  return {
    Created: created,
    State: { StartedAt: startedAt, FinishedAt: never },
    Config: { WorkingDir: more.workingDir ?? "" },
    HostConfig: more.host ?? {},
    Mounts: more.mounts ?? [],
  } as unknown as ContainerInspection;
}

const changesOf = (kind: LayerChange["kind"], ...paths: string[]): LayerChange[] =>
  paths.map((path) => ({ path, kind }));
const at = (path: string, modifiedAt: string, type: PathFacts["type"] = "file"): PathFacts => ({
  path,
  type,
  permissions: 0o644,
  size: 1,
  modifiedAt: nanosecondsOf(modifiedAt),
});
/** Shows that the file system keeps fractions of a second. */
const dockerenv = at("/.dockerenv", created);

describe("a layer's files", () => {
  it("are neither the engine's nor a mount's, nor what the engine made for one", () => {
    const of = container({
      host: { Tmpfs: { "/mem": "" }, Mounts: [{ Type: "tmpfs", Target: "/mem2/" }] },
      mounts: [{ Type: "bind", Destination: "/run/secrets/bound" }],
      workingDir: "/work/here",
    });
    const changes = [
      ...changesOf("added", "/mem", "/mem2", "/run/secrets", "/run/secrets/bound", "/dev/console"),
      ...changesOf("added", "/etc/hosts", "/.dockerenv", "/work", "/work/here", "/work/here/mine"),
      ...changesOf("added", "/run/secrets/inline", "/srv", "/srv/one"),
      ...changesOf("changed", "/etc", "/run", "/etc/passwd"),
      ...changesOf("removed", "/bin/yes"),
    ];
    const { added, addedDirectories, changed, removed } = layerFiles(changes, of);
    expect([...added].sort()).toEqual([
      "/run/secrets/inline",
      "/srv",
      "/srv/one",
      "/work/here/mine",
    ]);
    expect([...addedDirectories]).toEqual(["/srv"]);
    expect(changed).toEqual(["/etc/passwd"]);
    expect(removed).toEqual(["/bin/yes"]);
  });

  it("begin with those that people put in, before caches", () => {
    const cache = Array.from({ length: 50 }, (_, index) => `/cache/${index}`);
    const deep = ["/c", "/c/a", "/c/a/b", "/c/a/b/blob"];
    const { added } = layerFiles(
      changesOf("added", ...deep, "/cache", ...cache, "/etc/mine.conf"),
      container({}),
    );
    expect(added.indexOf("/etc/mine.conf")).toBeLessThan(3);
    expect(added.at(-1)).toBe("/c/a/b/blob");
    expect(added.indexOf("/c/a")).toBeLessThan(added.indexOf("/cache/0"));
  });

  it("are not those of installed packages", () => {
    const changes = [
      ...changesOf("changed", "/var/lib/dpkg/status"),
      ...changesOf("added", "/usr/lib/libx.so", "/usr/local/bin/mine", "/etc/mine.conf"),
    ];
    const { added, installed } = layerFiles(changes, container({}));
    expect(added).toEqual(["/etc/mine.conf", "/usr/local/bin/mine"]);
    expect(installed).toEqual(["/usr/lib/libx.so"]);
    expect(layerFiles(changes.slice(1), container({})).added).toContain("/usr/lib/libx.so");
  });
});

describe("a file", () => {
  const originOf = (of: PathFacts, who = container({}), others: PathFacts[] = [dockerenv]) => {
    const looked = [...others, of];
    return originsOf(looked, who, looked.some(hasFraction))(of);
  };
  const later = "2026-01-01T12:00:07";

  it.each([
    ["copied in while the container runs", at("/x", `${later}Z`), "put-in"],
    ["copied in long after it was made", at("/x", "2020-01-01T00:00:00Z"), "put-in"],
    ["older than the container", at("/x", "2026-01-01T12:00:00.2Z"), "put-in"],
    ["as a link", at("/x", `${later}Z`, "symlink"), "put-in"],
    ["written by the container", at("/x", `${later}.1Z`), "written"],
    ["a socket", at("/x", "2020-01-01T00:00:00Z", "other"), "written"],
  ])("%s", (_, of, origin) => expect(originOf(of)).toBe(origin));

  it("in a directory that the container has made may be either", () => {
    const of = at("/dir/sub/x", "2026-01-02T12:00:00Z");
    const dir = at("/dir", `${later}.5Z`, "directory");
    expect(originOf(of, container({}), [dockerenv, dir])).toBe("unsure");
    const before = at("/dir", "2026-01-01T12:00:00.1Z", "directory");
    expect(originOf(of, container({}), [dockerenv, before])).toBe("put-in");
  });

  it("as old as the container was put in, in any directory", () => {
    const of = at("/run/secrets/inline", "2026-01-01T12:00:01Z");
    const dir = at("/run/secrets", "2026-01-01T12:00:00.3Z", "directory");
    expect(originOf(of, container({}), [dockerenv, dir])).toBe("put-in");
  });

  it("was put in, whatever it is, if the container never ran", () => {
    expect(originOf(at("/x", `${later}.1Z`), container({ startedAt: never }))).toBe("put-in");
  });

  it("is told by its age alone where the file system keeps whole seconds", () => {
    const whole = [at("/.dockerenv", "2026-01-01T12:00:00Z")];
    expect(originOf(at("/x", `${later}Z`), container({}), whole)).toBe("written");
    expect(originOf(at("/x", "2026-01-01T12:00:01Z"), container({}), whole)).toBe("put-in");
  });
});
