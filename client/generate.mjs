// Turns the API's own description into types: openapi.json is written by the control plane's
// `generate`, src/generated/schema.ts by this.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("./openapi.json", import.meta.url);
const target = new URL("./src/generated/schema.ts", import.meta.url);

const types = astToString(await openapiTS(JSON.parse(await readFile(source, "utf8"))));
await mkdir(new URL(".", target), { recursive: true });
await writeFile(target, `// Written by client/generate.mjs; do not edit.\n${types}`);
