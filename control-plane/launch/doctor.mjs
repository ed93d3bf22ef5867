// `npm run doctor`: says what is wrong.
import { prepare } from "./prepare.mjs";

await prepare({ quiet: true });
await import("../dist/doctor.js");
