const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** A number of bytes for people, in decimal units: `0 B`, `1.5 GB`. */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 would be shown as 1000.0.
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${Math.round(value)} B` : `${value.toFixed(1)} ${units[unit]}`;
}
