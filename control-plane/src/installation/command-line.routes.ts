import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type AppEnv, answers, fileAnswers, open, router } from "../http/routes.ts";
import { Problem } from "../problem.ts";
import { commandLineInstall } from "./install-lines.ts";
import { platformOf } from "./platform.ts";
import type { PackageState } from "./read-package.ts";
import { pick, sendFile, Unpacking } from "./send-program.ts";

export interface CommandLineDeps {
  /** how users reach the control plane, without a trailing slash */
  publicUrl: string;
  version: string;
  /** looks for the packages each time, as they may be made meanwhile */
  commandLinePackage: () => PackageState;
}

const packageSchema = z
  .object({
    state: z
      .enum(["ready", "preparing", "unavailable"])
      .describe("unavailable: not packaged, and nobody is at it"),
    message: z.string().nullable().describe("What is happening and what to do; null: it is ready"),
    version: z.string(),
    programs: z.array(
      z.object({
        platform: z.string().describe("`linux-x64` or `linux-arm64`"),
        sha256: z.string().describe("Of the program, in hexadecimal"),
        size: z.int().describe("Of the program, in bytes"),
        downloadSize: z.int().describe("Compressed, in bytes"),
        install: z
          .array(z.string())
          .describe(
            "Two lines for a shell: the first downloads it, the second checks its hash and installs it",
          ),
      }),
    ),
  })
  .openapi("CommandLinePackage");

const tag = "Command line";

/** The command line as one file. Nothing in it is secret. */
export function commandLineRoutes(parts: CommandLineDeps): OpenAPIHono<AppEnv> {
  const app = router();
  const unpacking = new Unpacking();

  app.openapi(
    createRoute({
      method: "get",
      path: "/cli/package",
      ...open(tag, "Which programs there are, with their hashes and how to install them"),
      responses: answers(packageSchema),
    }),
    (c) => {
      const now = parts.commandLinePackage();
      const { version, publicUrl } = parts;
      const files = now.state === "ready" ? Object.entries(now.program.platforms) : [];
      const programs = files
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([platform, { sha256, size, fileSize }]) => ({
          ...{ platform, sha256, size, downloadSize: fileSize },
          install: commandLineInstall({ publicUrl, version, platform, sha256 }),
        }));
      const message = now.state === "ready" ? null : now.message;
      return c.json({ state: now.state, message, version, programs }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/cli/download/{version}/{platform}",
      ...open(
        tag,
        "The command line as one file",
        "`platform` is `linux-x64` or `linux-arm64`, or what `uname -m` says; with `.gz` behind it the program comes compressed, and parts of it can be asked for by `Range`. `X-Checksum-Sha256` is the SHA-256 of what is sent, in hexadecimal.",
      ),
      request: { params: z.object({ version: z.string(), platform: z.string() }) },
      responses: fileAnswers("application/octet-stream", "The program"),
    }),
    (c) => {
      const { version, platform } = c.req.valid("param");
      const now = parts.commandLinePackage();
      if (now.state !== "ready") {
        const again = { retryAfterSeconds: 10 };
        throw new Problem("not_ready", `command_line_${now.state}`, now.message, again);
      }
      if (now.program.version !== version) {
        const said = `There is no command line ${version.slice(0, 100)} here: this control plane has ${now.program.version}.`;
        throw new Problem("not_found", "not_found", said);
      }
      const name = platformOf(platform.replace(/\.gz$/, ""));
      const file = pick("command line", now.program.platforms, name);
      return platform.endsWith(".gz") ? sendFile(c, file) : unpacking.send(c, file, name);
    },
  );
  return app;
}
