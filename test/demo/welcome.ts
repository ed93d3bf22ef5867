import type { World } from "./world.ts";

/** What the demo says when it is ready: how to get in, what to try, how to end it. */
export function welcome({ url, email, password, shopUrl }: World): string {
  return boxed([
    "The demo is running.",
    "",
    `  Console    ${url}`,
    `  E-mail     ${email}`,
    `  Password   ${password}`,
    "",
    "Three things to try, by clicking only:",
    "",
    "  1  A success. Container Images, shop: deploy v1.2.0. Its three services",
    "     follow each other, each after what it depends on.",
    `     The shop itself says which version it is: ${shopUrl}`,
    "  2  A failure. Container Images, checkout: deploy v3.2.0. Its page never",
    "     gets healthy, and both services go back by themselves.",
    "  3  A rollback by hand. Deployment Plans: open the one of shop v1.2.0",
    "     and choose Roll back.",
    "",
    "Ctrl-C ends the demo and takes everything away again.",
  ]);
}

function boxed(lines: string[]): string {
  const width = Math.max(...lines.map((line) => line.length));
  const edge = "─".repeat(width + 4);
  const rows = lines.map((line) => `│  ${line.padEnd(width)}  │`);
  return [`┌${edge}┐`, ...rows, `└${edge}┘`].join("\n");
}
