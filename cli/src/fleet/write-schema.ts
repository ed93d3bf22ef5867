// Writes the JSON Schema of a fleet's file.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fleetJsonSchema } from "./schema.ts";

const file = fileURLToPath(new URL("../../fleet.schema.json", import.meta.url));
writeFileSync(file, `${JSON.stringify(fleetJsonSchema(), null, 2)}\n`);
