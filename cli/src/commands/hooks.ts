import type { Schemas } from "@bridgeport/client";
import type { Command } from "commander";
import { findImage } from "../find/resources.ts";
import type { Column } from "../terminal/table.ts";
import { periodText } from "../terminal/units.ts";
import { type Common, common, type Making, speak } from "./command.ts";

type Hook = Schemas["Hooks"]["before"][number];

/** What each plan of an image calls. */
export function addHooks(program: Command, { io }: Making): void {
  common(program.command("hooks").argument("<image>", "name or image name"))
    .description("List the HTTP calls that every plan of an image makes")
    .action(async (text: string, options: Common) => {
      const { client, show, environment } = speak(options, io);
      const image = await findImage(client, await environment(), text);
      const path = { id: image.id };
      const { hooks } = await client.get("/api/container-images/{id}/hooks", { path });
      const rows = [
        ...hooks.before.map((hook) => ({ when: "before", hook })),
        ...hooks.after.map((hook) => ({ when: "after", hook })),
      ];
      show({ hooks }, columns, rows, `${image.imageName} has no hooks.`);
    });
}

const columns: Column<{ when: string; hook: Hook }>[] = [
  { title: "WHEN", cell: ({ when }) => when },
  { title: "NAME", cell: ({ hook }) => hook.name, least: 10 },
  { title: "METHOD", cell: ({ hook }) => hook.method },
  { title: "URL", cell: ({ hook }) => withoutQuery(hook.url), least: 16 },
  { title: "TIME", cell: ({ hook }) => periodText(hook.timeoutMs) },
  { title: "HEADERS", cell: ({ hook }) => Object.keys(hook.headers).join(", ") || "-", least: 7 },
];

/** A query may have secrets in it. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
