// `npm run rotate-key`: puts a new master key in front of those that there are.
import { prepare } from "./prepare.mjs";

await prepare({ quiet: true });
await import("../dist/rotate-key.js");
