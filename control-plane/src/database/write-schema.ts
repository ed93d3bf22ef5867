import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDatabase } from "./connection.ts";
import { startEmbeddedPostgres } from "./embedded.ts";
import { migrate, readSchema } from "./migrate.ts";
import { schemaHeading, schemaText } from "./schema-text.ts";

// `pnpm run generate`: writes schema.sql, what all migrations and functions together come to.
const migrations = fileURLToPath(new URL("../../migrations", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "bp-schema-"));
const server = await startEmbeddedPostgres(directory, { settings: ["fsync=off"] });
try {
  const database = openDatabase(server.owner);
  await migrate(database, readSchema(migrations));
  writeFileSync(join(migrations, "../schema.sql"), schemaHeading + (await schemaText(database)));
  await database.end();
} finally {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
