// `npm start`: installs and builds what has changed, then becomes the control plane.
import { prepare } from "./prepare.mjs";

await prepare();
await import("../dist/main.js");
