import type { Command } from "commander";
import { Failure } from "../exit.ts";
import { findServer } from "../find/resources.ts";
import { counted } from "../terminal/units.ts";
import { type Common, common, confirmed, type Making, speak } from "./command.ts";

interface PruneOptions extends Common {
  all?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

export function addPrune(program: Command, { io }: Making): void {
  common(program.command("prune").argument("<server>", "the server's name"))
    .description("Remove images from a server that no container uses")
    .option("-a, --all", "also images with a tag; default: dangling ones only")
    .option("--dry-run", "only say what there is to gain")
    .option("-y, --yes", "do not ask")
    .action(async (text: string, options: PruneOptions) => {
      const { client, environment, say } = speak(options, io);
      const server = await findServer(client, await environment(), text);
      const mode = options.all ? "all" : "dangling";
      const path = { id: server.id };
      if (options.dryRun || !options.yes) {
        const estimate = await client.get("/api/servers/{id}/prune-estimate", {
          path,
          query: { mode },
        });
        const { images, spaceReclaimableHuman } = estimate;
        const gain = `${counted(images, "image")}, ${spaceReclaimableHuman}`;
        if (options.dryRun) {
          return say(estimate, `Would remove ${gain} from ${server.name}. Nothing was changed.`);
        }
        const question = `Remove ${gain} from ${server.name}?`;
        if (!(await confirmed(io, question))) throw new Failure("Nothing was removed.");
      }
      const pruned = await client.post("/api/servers/{id}/prune-images", { path, body: { mode } });
      say(pruned, `Freed ${pruned.spaceReclaimedHuman} on ${server.name}.`);
    });
}
