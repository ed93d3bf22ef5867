import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { scripts } from "./scripts.ts";

/** What bash would offer for a line; the program answers with what it was asked and some names. */
function offered(line: string): string[] {
  const stub = `bridgeport() { printf '%s\\n' 127.0.0.1:5000/shop/web web "$(printf '<%s>' "$@")"; }`;
  const ask = `COMP_LINE=$1; COMP_POINT=\${#1}; _bridgeport; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const script = `${stub}\n${scripts.bash}\n${ask}`;
  return execFileSync("bash", ["-c", script, "bash", line]).toString().trim().split("\n");
}

it("asks the program for the word that is being written in bash", () => {
  expect(offered("bridgeport deploy ")).toEqual([
    ...["127.0.0.1:5000/shop/web", "web", "<__complete><--><deploy><>"],
  ]);
  expect(offered("bridgeport deploy we")).toEqual(["web"]);
  // Bash replaces what comes after a colon.
  expect(offered("bridgeport deploy 127.0.0.1:50")).toEqual(["5000/shop/web"]);
});
