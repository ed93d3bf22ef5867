/**
 * Names of environment variables for secrets, from what they are of: production, ghcr and token make
 * PRODUCTION_GHCR_TOKEN. A name that was given out already gets a number.
 */
export function secretNames(): (...of: string[]) => string {
  const taken = new Set<string>();
  return (...of) => {
    const plain = of
      .join("_")
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]+/g, "_");
    const start = /^\d/.test(plain) ? `_${plain}` : plain;
    let name = start;
    for (let count = 2; taken.has(name); count += 1) name = `${start}_${count}`;
    taken.add(name);
    return name;
  };
}
