// `npm start`: installs and builds what has changed, then becomes the control plane.
import { packageInBackground, wantsPackages } from "./package-agent.mjs";
import { prepare } from "./prepare.mjs";

await prepare();
const packaging = wantsPackages();
const { started } = await import("../dist/main.js");
if ((await started) && packaging) packageInBackground();
