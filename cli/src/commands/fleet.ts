import { ApiProblem } from "@bridgeport/client";
import type { Command } from "commander";
import { explain } from "../connection/explain.ts";
import { exit, Failure, isRefusal } from "../exit.ts";
import { carryOut, type Ground } from "../fleet/carry-out.ts";
import { changeLine, diffText, itemName } from "../fleet/diff-text.ts";
import { itemKinds, keyOf } from "../fleet/items.ts";
import {
  type Change,
  danglingNames,
  doubledNames,
  missingForCreation,
  type PlanningOptions,
  planChanges,
} from "../fleet/plan-changes.ts";
import { readControlPlane } from "../fleet/read-control-plane.ts";
import { readFleet } from "../fleet/read-file.ts";
import type { Fleet } from "../fleet/schema.ts";
import { revealAll } from "../fleet/secrets.ts";
import { shownFleet, writeFleet } from "../fleet/write-file.ts";
import type { Io } from "../io.ts";
import { painter } from "../terminal/colour.ts";
import { counted } from "../terminal/units.ts";
import {
  type Common,
  common,
  confirmed,
  type Making,
  readInput,
  type Speaking,
  speak,
} from "./command.ts";

interface FileOptions extends Common, PlanningOptions {
  file: string;
  exitCode?: boolean;
  yes?: boolean;
}

/** With `diff --exit-code`: there are differences. */
const differs = 5;

export function addFleet(program: Command, { io, endWith }: Making): void {
  common(program.command("export"), { environment: false })
    .description("Print the configuration as a file that `diff` and `apply` take; without secrets")
    .action(async (options: Common) => {
      const { client, json } = speak(options, io);
      const sections = { webhooks: true, users: true };
      const { fleet, hidden, hooksHiddenIn } = await readControlPlane(client, sections);
      for (const section of hidden) {
        io.err(`Left out: ${section}, which only an administrator of everything may read.\n`);
      }
      for (const name of hooksHiddenIn) {
        io.err(`Left out: the hooks of images in ${name}, which only operators may read.\n`);
      }
      io.out(json ? `${JSON.stringify(shownFleet(fleet), null, 2)}\n` : writeFleet(fleet));
    });

  takesFile(program.command("diff"))
    .description("Show what `apply` would change")
    .option("--exit-code", `end with ${differs} when there are differences`)
    .action(async (options: FileOptions) => {
      const speaking = speak(options, io);
      const { changes } = await planned(speaking, options);
      speaking.say({ changes }, diffText(changes, speaking.paint));
      endWith(changes.length > 0 && options.exitCode ? differs : exit.ok);
    });

  takesFile(program.command("apply"))
    .description("Make the control plane as a file says; shows what would change, and asks")
    .option("-y, --yes", "do not ask")
    .action(async (options: FileOptions) => {
      const speaking = speak(options, io);
      const { changes, ids, folder } = await planned(speaking, options);
      if (!options.json) io.out(`${diffText(changes, speaking.paint)}\n`);
      else if (!options.yes) io.err(`${diffText(changes, painter(io.errorColour))}\n`);
      if (changes.length === 0) {
        if (options.json) speaking.say({ changes, done: 0 }, "");
        return;
      }
      const reveal = revealAll(changes, io.env, folder);
      await requireSession(speaking, changes);
      if (!(await confirmed(io, `Apply this${losses(changes)}?`, options.yes))) {
        throw new Failure("Nothing was changed.");
      }
      await applyAll(speaking, changes, { client: speaking.client, ids, reveal });
    });
}

/** What is deleted is said once more where it is agreed to: a renamed thing is a deleted one too. */
function losses(changes: Change[]): string {
  const gone = changes.filter(({ action }) => action === "delete");
  const kinds = itemKinds.flatMap((kind) => {
    const count = gone.filter(({ item }) => item.kind === kind).length;
    const many = kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`;
    return count > 0 ? [counted(count, kind, many)] : [];
  });
  return kinds.length > 0 ? `, which deletes ${kinds.join(", ")}` : "";
}

function takesFile(command: Command): Command {
  return common(command, { environment: false })
    .requiredOption("-f, --file <path>", "the file; - for stdin")
    .option("--prune", "also delete what the file's sections do not name")
    .option("--secrets", "also set secrets again that are there already");
}

async function planned(speaking: Speaking, options: FileOptions) {
  const { io, client } = speaking;
  const { text, name, folder } = await readInput(io, options.file);
  const { fleet, failure } = readFleet(text, name);
  const doubled = doubledNames(fleet);
  if (doubled.length > 0) throw failure(doubled);
  const { webhooks, users } = fleet;
  const sections = { webhooks: webhooks !== undefined, users: users !== undefined };
  const state = await readControlPlane(client, sections);
  if (state.hidden.length > 0) {
    throw new Failure(
      `The file has ${state.hidden.join(" and ")}, which only an administrator of everything may read and change.`,
      exit.refused,
    );
  }
  requireHooks(fleet, state.hooksHiddenIn);
  const dangling = danglingNames(state.fleet, fleet);
  if (dangling.length > 0) throw failure(dangling);
  const { user: own } = await client.get("/api/auth/me");
  const ownKey = keyOf({ kind: "user", at: [own.email] });
  const changes = planChanges(state.fleet, fleet, options).filter(
    // Who applies a file would not get to its end without themselves.
    ({ action, item }) => action !== "delete" || item.kind !== "user" || keyOf(item) !== ownKey,
  );
  const missing = missingForCreation(changes);
  if (missing.length > 0) throw failure(missing);
  return { changes, ids: state.ids, folder };
}

/** What cannot be read cannot be compared. */
function requireHooks({ environments = {} }: Fleet, hiddenIn: string[]): void {
  const name = hiddenIn.find((env) =>
    Object.values(environments[env]?.images ?? {}).some(
      ({ hooks: { before, after } }) => before.length + after.length > 0,
    ),
  );
  if (name === undefined) return;
  throw new Failure(
    `The file has hooks of images in ${name}, which only operators may read and change.`,
    exit.refused,
  );
}

/** Users can be changed by a session only, which is found out before anything is changed. */
async function requireSession({ client }: Speaking, changes: Change[]): Promise<void> {
  if (!changes.some(({ item }) => item.kind === "user")) return;
  try {
    await client.get("/api/tokens", { query: { limit: 1 } });
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 403) throw error;
    throw new Failure(
      "Nothing was changed: users and their roles can be changed by a session only, not with an API token. Log in with `bridgeport login`, or take `users` out of the file.",
      exit.refused,
    );
  }
}

/** Carries out all, one after another, and says each; what was done stays when one fails. */
async function applyAll(speaking: Speaking, changes: Change[], ground: Ground): Promise<void> {
  const { io, paint, json } = speaking;
  for (const [index, change] of changes.entries()) {
    try {
      await carryOut(change, ground);
    } catch (error) {
      throw halfDone(changes, index, error);
    }
    sayDone(io, json, `done  ${changeLine(change, paint)}`);
  }
  speaking.say({ changes, done: changes.length }, `Applied ${counted(changes.length, "change")}.`);
}

function sayDone(io: Io, json: boolean, line: string): void {
  (json ? io.err : io.out)(`${line}\n`);
}

function halfDone(changes: Change[], done: number, error: unknown): Failure {
  const change = changes[done];
  const what = change ? `${change.action} ${itemName(change.item)}` : "";
  const left = changes.length - done - 1;
  const refused = done === 0 && isRefusal(error);
  return new Failure(
    `Could not ${what}: ${explain(error)}\n` +
      `${counted(done, "change")} done, ${left} not tried. Correct this and run \`apply\` again: it goes on with what is left.`,
    refused ? exit.refused : exit.failed,
    { cause: error },
  );
}
