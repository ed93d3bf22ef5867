// Turns the API's own description into types: src/lib/api/openapi.json is written by the
// control plane's `generate`, src/lib/api/generated/schema.ts by this.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("./src/lib/api/openapi.json", import.meta.url);
const target = new URL("./src/lib/api/generated/schema.ts", import.meta.url);

const types = astToString(await openapiTS(JSON.parse(await readFile(source, "utf8"))));
await mkdir(new URL(".", target), { recursive: true });
await writeFile(target, `// Written by web/generate.mjs; do not edit.\n${types}`);
