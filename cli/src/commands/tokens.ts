import type { Schemas } from "@bridgeport/client";
import type { Command } from "commander";
import { Failure } from "../exit.ts";
import { pick } from "../find/named.ts";
import { findEnvironment } from "../find/resources.ts";
import { ago, period } from "../terminal/units.ts";
import { type Common, common, confirmed, type Making, speak } from "./command.ts";

type Token = Schemas["ApiToken"];

interface CreateOptions extends Common {
  role: string;
  only?: string[];
  expires: string;
}

/** API tokens: the control plane lets a session see and change them, and no API token. */
export function addTokens(program: Command, { io }: Making): void {
  const tokens = program.command("tokens").description("List, make and delete API tokens");

  common(tokens.command("list", { isDefault: true }), { environment: false })
    .description("List API tokens: yours, and everybody's for administrators (default)")
    .action(async (options: Common) => {
      const { client, show, clock } = speak(options, io);
      const all = await client.everyRow("/api/tokens", "tokens");
      const now = clock.now();
      show(
        { tokens: all, total: all.length },
        [
          { title: "NAME", cell: ({ name }) => name, least: 10 },
          { title: "ROLE", cell: ({ role }) => role },
          { title: "OWNER", cell: ({ userEmail }) => userEmail, least: 10 },
          { title: "USED", cell: ({ lastUsedAt }) => ago(lastUsedAt, now) },
          { title: "EXPIRES", cell: ({ expiresAt }) => expiresAt?.slice(0, 10) ?? "never" },
        ],
        all,
        "There are no API tokens.",
      );
    });

  common(tokens.command("create").argument("<name>", "what it is for"), { environment: false })
    .description("Make an API token; it is printed this once, alone on stdout")
    .option("--role <role>", "viewer, operator or admin", "operator")
    .option("--only <environment...>", "only in these environments; default: where you may")
    .option("--expires <period>", "how long it lasts, such as 90d, 12h or never", "90d")
    .action(async (name: string, options: CreateOptions) => {
      const { client, say } = speak(options, io);
      const role = pick(
        "role",
        options.role,
        (["viewer", "operator", "admin"] as const).map((value) => ({ value, label: value })),
      );
      const environmentIds: string[] = [];
      for (const text of options.only ?? []) {
        environmentIds.push((await findEnvironment(client, text, io, null)).id);
      }
      const made = await client.post("/api/tokens", {
        body: {
          name,
          role,
          expiresAt: endOf(options.expires),
          ...(environmentIds.length > 0 ? { environmentIds } : {}),
        },
      });
      if (!options.json) io.err(`API token "${name}". Keep it now: it is not shown again.\n`);
      say(made, made.secret);
    });

  common(tokens.command("delete").argument("<name>", "name or id"), { environment: false })
    .description("Delete an API token: what uses it is shut out at once")
    .option("-y, --yes", "do not ask")
    .action(async (text: string, options: Common & { yes?: boolean }) => {
      const { client, say } = speak(options, io);
      const all = await client.everyRow("/api/tokens", "tokens");
      const token = pick<Token>(
        "API token",
        text,
        all.map((one) => ({
          value: one,
          label: `${one.userEmail}/${one.name}`,
          id: one.id,
          aliases: [one.name],
        })),
      );
      const question = `Delete "${token.name}" of ${token.userEmail}?`;
      if (!(await confirmed(io, question, options.yes))) throw new Failure("Nothing was deleted.");
      await client.delete("/api/tokens/{id}", { path: { id: token.id } });
      say({ token }, `Deleted "${token.name}".`);
    });
}

function endOf(text: string): string | null {
  if (text === "never") return null;
  const ms = period(text);
  if (ms !== null && ms > 0) return new Date(Date.now() + ms).toISOString();
  throw new Failure(`--expires takes a period such as 90d, 12h or 2w, or never, not "${text}".`);
}
