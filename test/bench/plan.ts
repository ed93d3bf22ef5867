// Plans over all services of a large fleet: how soon one is made, and what each of its commands costs the
// control plane and the database, beside the bare writing of as many rows. The agents speak the real
// protocol with certificates of their own; behind them are no containers. Fails where a plan does not end
// as it should.
// Options: --services=1000 --servers=200
import { parseArgs } from "node:util";
import { printTable, writeFigures } from "./figures.ts";
import { measurePlans, type PlanFigures } from "./plan-scale.ts";

const { values: options } = parseArgs({
  options: {
    services: { type: "string", default: "1000" },
    servers: { type: "string", default: "200" },
  },
});
const scale = { services: Number(options.services), servers: Number(options.servers) };
const { plans, floor } = await measurePlans(scale, (figures) =>
  console.log(rowOf(figures).join("  ")),
);
printTable(`A plan of ${scale.services} services on ${scale.servers} servers, in ms`, [
  ["plan", "made", "whole", "commands", "control plane", "PostgreSQL", "idle: median", "p99"],
  ...plans.map(rowOf),
  ["bare rows", "", floor.whole.toFixed(0), String(floor.rows), "", floor.each.toFixed(2), "", ""],
]);
console.log("  Control plane and PostgreSQL: processor time for each command.");
console.log("  Idle: how long all agents waited for the next command, each time.");
writeFigures("plan", { scale, plans, floor });

function rowOf({ what, made, whole, commands, product, database, pauses }: PlanFigures): string[] {
  const sorted = pauses.toSorted((a, b) => a - b);
  const part = (share: number) => sorted[Math.floor(sorted.length * share)]?.toFixed(0) ?? "";
  return [
    ...[what, made.toFixed(0), whole.toFixed(0), String(commands)],
    ...[product.toFixed(1), database.toFixed(1), part(0.5), part(0.99)],
  ];
}
