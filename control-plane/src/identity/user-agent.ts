/** By what they are named; earlier ones also call themselves by the names of later ones. */
const programs: [string, RegExp][] = [
  ["Edge", /\bEdgA?\/|\bEdgiOS\//],
  ["Opera", /\bOPR\//],
  ["Firefox", /\bFirefox\/|\bFxiOS\//],
  ["Chrome", /\b(?:Headless)?Chrome\/|\bCriOS\//],
  ["Safari", /\bSafari\//],
];
const systems: [string, RegExp][] = [
  ["Android", /\bAndroid\b/],
  ["iPhone", /\biPhone\b/],
  ["iPad", /\biPad\b/],
  ["Windows", /\bWindows\b/],
  ["macOS", /\bMac OS X\b|\bMacintosh\b/],
  ["ChromeOS", /\bCrOS\b/],
  ["Linux", /\bLinux\b/],
];

/** A `User-Agent` as a person would say it: `Firefox on Linux`, or else its first word, `curl/8.5.0`. */
export function shortUserAgent(header: string | undefined): string | null {
  const text = header?.slice(0, 1000) ?? "";
  const named = (list: [string, RegExp][]) => list.find(([, pattern]) => pattern.test(text))?.[0];
  const program = named(programs);
  const system = named(systems);
  if (program && system) return `${program} on ${system}`;
  const first = /^[\w.+/-]{1,60}/.exec(text)?.[0];
  return program ?? first ?? null;
}
