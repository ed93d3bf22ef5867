import { shellWord } from "./install-lines.ts";

/** The script as it is handed out: it knows the control plane's URL and the agent's version. */
export function installScript(
  template: string,
  { publicUrl, version }: { publicUrl: string; version: string },
): string {
  return template
    .replace(/^default_url=.*$/m, () => `default_url=${shellWord(publicUrl)}`)
    .replace(/^version=.*$/m, () => `version=${shellWord(version)}`);
}
