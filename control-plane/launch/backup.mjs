// `npm run backup`: writes everything into one file.
import { prepare } from "./prepare.mjs";

await prepare({ quiet: true });
await import("../dist/backup.js");
