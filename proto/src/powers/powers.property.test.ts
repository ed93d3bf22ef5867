import fc from "fast-check";
import { expect, test } from "vitest";
import { gains, type Power, powersOf, powersText } from "./powers.ts";
import { unknownHost as around } from "./surroundings.ts";

const names =
  "Privileged Binds Mounts VolumesFrom NetworkMode PidMode IpcMode UTSMode UsernsMode CgroupnsMode CapAdd CapDrop Devices DeviceRequests DeviceCgroupRules SecurityOpt MaskedPaths ReadonlyPaths Runtime Sysctls VolumeDriver CgroupParent Memory Wings".split(
    " ",
  );
const words =
  "|host|private|container:db|/srv|/srv:/a|/srv/:/a:ro|data:/d|./y:/a|ALL|NET_ADMIN|cap_chown|seccomp=unconfined|no-new-privileges|no-new-privileges:false|label=disable|/proc/kcore|runc|nvidia|local|db:ro".split(
    "|",
  );
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, 1, "", "x".repeat(200), [], {}),
  fc.constantFrom<unknown>(...words),
  fc.jsonValue({ maxDepth: 2 }),
);
const mount = fc.record(
  {
    Type: fc.constantFrom<unknown>("bind", "volume", "tmpfs", "image", 1),
    type: odd,
    Source: fc.constantFrom<unknown>("/srv", "/a:ro", "data", 1),
    ReadOnly: fc.constantFrom<unknown>(true, false, "true"),
    BindOptions: odd,
    VolumeOptions: fc.oneof(odd, fc.record({ DriverConfig: odd })),
  },
  { requiredKeys: [] },
);
const value = fc.oneof(odd, fc.array(fc.oneof(odd, mount), { maxLength: 3 }));
const host = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 });

/** Ways in which an engine takes the name of a setting for the same. */
const spelling = fc.constantFrom<(name: string) => string>(
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) => name.replace("s", "\u017f"),
  (name) => name.replace("k", "\u212a"),
);

const of = (HostConfig: unknown) => powersOf({ HostConfig }, around);
const missing = (wanted: readonly Power[], found: readonly Power[]) =>
  powersText(gains(wanted, found));
/** Settings that are not known keep the name that they have. */
const known = (powers: readonly Power[]) => powers.filter(({ rule }) => rule !== "settings");

test("whatever a body holds, each power is named once, and is no gain over itself", () => {
  fc.assert(
    fc.property(fc.oneof(host, odd), (made) => {
      const powers = of(made);
      const texts = powers.map(({ rule, value }) => `${rule} ${value}`);
      expect(new Set(texts).size).toBe(texts.length);
      expect(missing(of(made), powers)).toBe("");
    }),
  );
});

test("another spelling of a setting's name hides nothing", () => {
  fc.assert(
    fc.property(host, spelling, (made, spelled) => {
      const respelled = Object.fromEntries(
        Object.entries(made).map(([key, inner]) => [spelled(key), inner]),
      );
      // What takes something away is believed under its own name alone.
      expect(missing(known(of(made)), of(respelled))).toBe("");
      expect(missing(known(of(made)), powersOf({ hostconfig: made }, around))).toBe("");
    }),
  );
});

test("of a setting under two spellings each value counts, whichever the engine takes", () => {
  fc.assert(
    fc.property(host, fc.constantFrom(...names), value, spelling, (made, name, other, spelled) => {
      fc.pre(spelled(name) !== name);
      const both = of({ ...made, [spelled(name)]: other });
      expect(missing(known(of(made)), both)).toBe("");
      expect(missing(known(of({ ...made, [name]: other })), both)).toBe("");
    }),
  );
});
