import { reapBridges } from "./bridge.ts";
import { reapAbandoned } from "./scratch.ts";

// Run at the end of every test run: whatever a killed worker left behind is ended and deleted.
for (const dir of await reapAbandoned())
  console.log(`Cleaned up after an interrupted test: ${dir}`);
if (process.getuid?.() === 0) reapBridges();
