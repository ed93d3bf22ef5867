import { readFileSync } from "node:fs";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { type AppEnv, answers, fileAnswers, open, router } from "../http/routes.ts";
import { Problem } from "../problem.ts";
import { checksumsOf, sha256Of } from "./checksums.ts";
import { installScript } from "./install-script.ts";
import { platformOf } from "./platform.ts";
import type { PackagedProgram, PackageState } from "./read-package.ts";
import { pick, sendFile, Unpacking } from "./send-program.ts";

export interface InstallationDeps {
  /** how browsers and servers reach the control plane, without a trailing slash */
  publicUrl: string;
  version: string;
  /** looks for the agent's packages each time, as they may be made meanwhile */
  agentPackage: () => PackageState;
  /** path of install.sh */
  installScript: string;
  /** signs a text by the authority of the agents; base64 */
  sign: (text: string) => Promise<string>;
}

const stateSchema = z
  .object({
    state: z
      .enum(["ready", "preparing", "unavailable"])
      .describe("unavailable: not packaged, and nobody is at it"),
    message: z.string().nullable().describe("What is happening and what to do; null: it is ready"),
    version: z.string(),
    platforms: z.array(z.string()),
    images: z.array(z.string()).describe("Platforms that image.tar is there for"),
    checksums: z
      .string()
      .nullable()
      .describe("A first line with the version, then `<SHA-256>  <platform>` of each program"),
    checksumsSha256: z.string().nullable().describe("What a join line pins by --sha256"),
    signature: z
      .string()
      .nullable()
      .describe(
        "ECDSA with SHA-256 over the checksums by the agents' certificate authority: IEEE P1363, base64",
      ),
  })
  .openapi("AgentPackage");

const tag = "Servers";

/** The agent for servers: its programs, and the script that installs them. Nothing in them is secret. */
export function installationRoutes(parts: InstallationDeps): OpenAPIHono<AppEnv> {
  const app = router();
  const unpacking = new Unpacking();

  function packaged(): PackagedProgram {
    const now = parts.agentPackage();
    if (now.state === "ready") return now.program;
    throw new Problem("not_ready", `agent_${now.state}`, now.message, { retryAfterSeconds: 10 });
  }

  function ofVersion(version: string): PackagedProgram {
    const agent = packaged();
    if (agent.version === version) return agent;
    throw new Problem(
      "not_found",
      "not_found",
      `There is no agent ${version} here: this control plane has ${agent.version}.`,
    );
  }

  app.openapi(
    createRoute({
      method: "get",
      path: "/agent/package",
      ...open(tag, "Whether agents can be installed from here"),
      responses: answers(stateSchema),
    }),
    async (c) => {
      const now = parts.agentPackage();
      const agent = now.state === "ready" ? now.program : null;
      const checksums = agent && checksumsOf(agent);
      return c.json(
        {
          state: now.state,
          message: now.state === "ready" ? null : now.message,
          version: parts.version,
          platforms: Object.keys(agent?.platforms ?? {}),
          images: Object.keys(agent?.images ?? {}),
          checksums,
          checksumsSha256: checksums && sha256Of(checksums),
          signature: checksums && (await parts.sign(checksums)),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/agent/install.sh",
      ...open(tag, "The script that installs an agent", "For a POSIX shell; --help lists options."),
      responses: fileAnswers("text/x-shellscript", "The script"),
    }),
    (c) => {
      packaged();
      const template = readFileSync(parts.installScript, "utf8");
      return c.body(installScript(template, parts), 200, {
        "Content-Type": "text/x-shellscript; charset=utf-8",
      });
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/agent/download/{version}/checksums",
      ...open(tag, "The hashes of the agent's programs"),
      request: { params: z.object({ version: z.string() }) },
      responses: fileAnswers("text/plain", "As `checksums` of `/api/agent/package`"),
    }),
    (c) => {
      const checksums = checksumsOf(ofVersion(c.req.valid("param").version));
      return c.body(checksums, 200, {
        "Content-Type": "text/plain; charset=utf-8",
        "X-Checksum-Sha256": sha256Of(checksums),
      });
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/agent/download/{version}/{platform}",
      ...open(
        tag,
        "The agent's program",
        "`platform` is `linux-x64` or `linux-arm64`; with `.gz` behind it the program comes compressed, and parts of it can be asked for by `Range`. `X-Checksum-Sha256` is the SHA-256 of what is sent, in hexadecimal.",
      ),
      request: { params: z.object({ version: z.string(), platform: z.string() }) },
      responses: fileAnswers("application/octet-stream", "The program"),
    }),
    (c) => {
      const { version, platform } = c.req.valid("param");
      const compressed = platform.endsWith(".gz");
      const name = platformOf(platform.replace(/\.gz$/, ""));
      const file = pick("agent", ofVersion(version).platforms, name);
      return compressed ? sendFile(c, file) : unpacking.send(c, file, name);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/agent/image.tar",
      ...open(
        tag,
        "The agent as an image",
        "For `docker load`; `bridgeport-agent:<version>`. `platform` takes what `uname -m` says.",
      ),
      request: { query: z.object({ platform: z.string().default("linux-x64") }) },
      responses: fileAnswers("application/gzip", "The image, compressed by gzip"),
    }),
    (c) => {
      const { images, platforms } = packaged();
      const platform = platformOf(c.req.valid("query").platform);
      pick("agent", platforms, platform);
      const image = Object.hasOwn(images, platform) ? images[platform] : undefined;
      if (image !== undefined) return sendFile(c, image);
      const there = Object.keys(images).join(" and ");
      throw new Problem(
        "not_ready",
        "agent_image_unavailable",
        `There is no image of the agent for ${platform} here${there && `, only for ${there}`}. install.sh works without it. In the control plane's checkout npm run package:images builds bridgeport-agent with Docker, for other platforms with --platform and a registry; npm run package -- --images makes what is handed out here, as root on a Debian with mmdebstrap.`,
      );
    },
  );
  return app;
}
