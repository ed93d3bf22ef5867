// `npm start`: installs and builds what has changed, then becomes the control plane.
import { packageInBackground } from "./package-agent.mjs";
import { prepare } from "./prepare.mjs";

await prepare();
packageInBackground();
await import("../dist/main.js");
