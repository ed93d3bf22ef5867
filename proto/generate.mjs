// Writes src/generated: the types of the wire messages, and the descriptor as JSON,
// so that a bundle needs no .proto file beside it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const out = join(here, "src/generated");
const file = "bridgeport/agent/v1/agent.proto";
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const loader = dirname(require.resolve("@grpc/proto-loader/package.json"));
execFileSync(
  process.execPath,
  [
    join(loader, "build/bin/proto-loader-gen-types.js"),
    "--longs=Number",
    "--enums=String",
    "--defaults",
    "--oneofs",
    "--grpcLib=@grpc/grpc-js",
    "--importFileExtension=.ts",
    `--outDir=${out}`,
    file,
  ],
  { cwd: here, stdio: ["ignore", "ignore", "inherit"] },
);

const protobuf = createRequire(join(loader, "package.json"))("protobufjs");
const root = protobuf.parse(readFileSync(join(here, file), "utf8"), { keepCase: false }).root;
const descriptor = JSON.stringify(root.toJSON(), null, 2);
// Typed as a plain object: the literal's own type would cost the type checker seconds and say nothing.
writeFileSync(
  join(out, "descriptor.ts"),
  `const descriptor: object = ${descriptor};\nexport default descriptor;\n`,
);
