import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A fenced block of shell commands in the documentation. */
export interface CommandBlock {
  /** from the root of the repository */
  file: string;
  line: number;
  /** what stands after `sh` at the fence: `run`, `tested-by=<file>` or `not-run="<reason>"` */
  how: string;
  text: string;
}

/** README, CONTRIBUTING and the like, and everything in `docs/`; paths from the root. */
export function documents(): string[] {
  const named = (folder: string, recursive: boolean): string[] =>
    (readdirSync(join(root, folder), { recursive }) as string[])
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name));
  return [...named(".", false), ...named("docs", true)].sort();
}

/** The text of a file; null where there is none. */
export function readDocument(file: string): string | null {
  try {
    return readFileSync(join(root, file), "utf8");
  } catch {
    return null;
  }
}

export function commandBlocks(file: string): CommandBlock[] {
  const lines = (readDocument(file) ?? "").split("\n");
  const blocks: CommandBlock[] = [];
  let open: CommandBlock | null = null;
  let within: string | null = null;
  lines.forEach((line, index) => {
    if (!line.startsWith("```")) {
      if (open !== null) open.text += `${line}\n`;
    } else if (within !== null) {
      if (open !== null) blocks.push(open);
      open = within = null;
    } else {
      const [language = "", ...how] = line.slice(3).split(" ");
      within = language;
      if (["sh", "bash", "shell", "console"].includes(language)) {
        open = { file, line: index + 1, how: how.join(" "), text: "" };
      }
    }
  });
  return blocks;
}

/** Where its links go that leave neither the repository nor name another site. */
export function linksOf(file: string): { target: string; anchor: string | null }[] {
  const text = (readDocument(file) ?? "").replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = "", anchor = null] = link.split("#");
      return { target: path === "" ? file : join(file, "..", path), anchor };
    });
}

/** The anchors that GitHub makes of a document's headings. */
export function anchorsOf(file: string): string[] {
  const headings = (readDocument(file) ?? "").match(/^#{1,6} .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, "")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
