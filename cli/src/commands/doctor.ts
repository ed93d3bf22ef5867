import { ApiProblem } from "@bridgeport/client";
import type { Command } from "commander";
import { clientOf, targetOf } from "../connection/connection.ts";
import { type Check, checksOf, checkText } from "../doctor/check.ts";
import { clientChecks } from "../doctor/client-checks.ts";
import { exit } from "../exit.ts";
import { type Common, common, type Making, voice } from "./command.ts";

export function addDoctor(program: Command, { io, endWith }: Making): void {
  common(program.command("doctor"), { environment: false })
    .description("Look for what is wrong, here and at the control plane")
    .action(async (options: Common) => {
      const { say, paint } = voice(options, io);
      const target = targetOf(options, io.env);
      const client = clientOf(target, io);
      const checks: Check[] = await clientChecks(target, client, io.env);
      if (checks.every(({ status }) => status !== "error")) {
        checks.push(...(await serverChecks()));
      }
      const wrong = checks.filter(({ status }) => status === "error").length;
      say({ checks }, checks.map((check) => checkText(check, paint)).join("\n"));
      endWith(wrong > 0 ? exit.other : exit.ok);

      /** What the control plane finds out about itself, where it can. */
      async function serverChecks(): Promise<Check[]> {
        try {
          const answer = await client.open("/api/doctor", { accept: "application/json" });
          return checksOf(await answer.json());
        } catch (error) {
          if (!(error instanceof ApiProblem)) throw error;
          // An older control plane has none; a viewer may not ask for them.
          const status = error.status === 404 ? "ok" : "warning";
          const detail =
            error.status === 404 ? "This control plane makes no checks of its own." : error.message;
          return [
            {
              id: "server_checks",
              title: "Checks of the control plane",
              status,
              detail,
              advice: null,
            },
          ];
        }
      }
    });
}
