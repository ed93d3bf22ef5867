// `npm run restore`: makes everything what it was at a backup.
import { prepare } from "./prepare.mjs";

await prepare({ quiet: true });
await import("../dist/restore.js");
