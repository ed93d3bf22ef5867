const names = new Map(
  Object.entries({
    x86_64: "linux-x64",
    amd64: "linux-x64",
    x64: "linux-x64",
    "linux/amd64": "linux-x64",
    aarch64: "linux-arm64",
    arm64: "linux-arm64",
    "linux/arm64": "linux-arm64",
  }),
);

/** A platform by any of the names that `uname -m`, Docker and Node have for it; others as they are. */
export function platformOf(name: string): string {
  return names.get(name) ?? name;
}
