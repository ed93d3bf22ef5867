import { execFileSync, spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { scripts } from "./scripts.ts";

/** What bash would offer for a line; the program answers with what it was asked and some names. */
function offered(line: string): string[] {
  const stub = `bridgeport() { printf '%s\\n' 127.0.0.1:5000/shop/web web "$(printf '<%s>' "$@")" 'My image' '$(touch evil)'; }`;
  const ask = `COMP_LINE=$1; COMP_POINT=\${#1}; _bridgeport; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const script = `${stub}\n${scripts.bash}\n${ask}`;
  return execFileSync("bash", ["-c", script, "bash", line]).toString().trim().split("\n");
}

it("asks the program for the word that is being written in bash", () => {
  expect(offered("bridgeport deploy ")).toEqual([
    ...["127.0.0.1:5000/shop/web", "web", "\\<__complete\\>\\<--\\>\\<deploy\\>\\<\\>"],
    ...["My\\ image", "\\$\\(touch\\ evil\\)"],
  ]);
  expect(offered("bridgeport deploy we")).toEqual(["web"]);
  expect(offered("bridgeport deploy My\\ im")).toEqual(["My\\ image"]);
  // What is inserted is a word and no command.
  expect(offered("bridgeport deploy \\$(touch")).toEqual(["\\$\\(touch\\ evil\\)"]);
  // Bash replaces what comes after a colon.
  expect(offered("bridgeport deploy 127.0.0.1:50")).toEqual(["5000/shop/web"]);
});

const isInstalled = (shell: string) =>
  spawnSync(shell, ["-c", "true"], { stdio: "ignore" }).status === 0;

it.skipIf(!isInstalled("zsh"))("asks for the word that is being written in zsh", () => {
  const script = `bridgeport() { [[ "$4" == "My im" ]] && printf '%s\\n' "My image" web; }
    compdef() { :; }; compadd() { print -rl -- "\${found[@]}"; }
    ${scripts.zsh}
    words=(bridgeport deploy 'My\\ im'); CURRENT=3; _bridgeport
    words=(bridgeport deploy ''); CURRENT=3; _bridgeport`;
  const said = execFileSync("zsh", ["-f", "-c", script]).toString();
  expect(said.trim().split("\n")).toEqual(["My image", "web"]);
});

it.skipIf(!isInstalled("fish"))("asks for the word that is being written in fish", () => {
  const script = `function bridgeport; test (count $argv) = 4; and printf '%s\\n' "$argv[3]-image" web "My image"; end
    ${scripts.fish}
    complete -C 'bridgeport deploy '; complete -C 'bridgeport deploy we'`;
  const said = execFileSync("fish", ["--no-config", "-c", script]).toString();
  const offers = said.trim().split("\n").sort();
  expect(offers).toEqual(["My image", "deploy-image", "web", "web"]);
});
