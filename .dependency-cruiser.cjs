// Who may import whom. Every rule is one line of the table in docs/architecture.md.
const forbid = (name, from, to, comment) => ({ name, severity: "error", comment, from, to });
const test = "\\.test\\.ts$";

// Which rooms of agent/src/engine each room may use, besides the ground.
const engineRooms = {
  container: [],
  logs: [],
  images: ["container"],
  health: ["container", "logs"],
  inventory: ["container", "health"],
  replacement: ["container", "health", "images", "logs"],
};

module.exports = {
  forbidden: [
    forbid("no-cycles", {}, { circular: true }, "A cycle means two files are one subject."),
    forbid(
      "proto-stands-alone",
      { path: "^proto/" },
      { path: "^(control-plane|agent|web|test)/" },
      "The contract knows neither side.",
    ),
    forbid(
      "agent-imports-proto-only",
      { path: "^agent/" },
      { path: "^(control-plane|web)/" },
      "Agent and control plane meet on the wire.",
    ),
    forbid(
      "only-tests-use-the-harness",
      { path: "^(agent|control-plane)/src/", pathNot: "\\.(test|fixture)\\.ts$" },
      { path: "^test/" },
      "What tests are made of is no part of the product.",
    ),
    forbid(
      "control-plane-imports-proto-only",
      { path: "^control-plane/" },
      { path: "^(agent|web)/" },
      "Agent and control plane meet on the wire.",
    ),
    forbid(
      "only-engine-touches-dockerode",
      { path: "^agent/src/", pathNot: "^agent/src/engine/" },
      { path: "dockerode" },
      "One room speaks to the engine.",
    ),
    forbid(
      "engine-knows-no-commands",
      { path: "^agent/src/engine/", pathNot: test },
      { path: "^agent/src/(commands|link|main)" },
      "What is done to containers does not depend on who asked for it; the contract is command.ts.",
    ),
    forbid(
      "engine-ground-knows-no-rooms",
      { path: "^agent/src/engine/[^/]+\\.ts$", pathNot: test },
      { path: "^agent/src/engine/[^/]+/" },
      "The ground is what every room of engine/ may use, so it uses none of them.",
    ),
    ...Object.entries(engineRooms).map(([room, uses]) =>
      forbid(
        `engine-${room}-imports`,
        { path: `^agent/src/engine/${room}/`, pathNot: test },
        {
          path: "^agent/src/engine/[^/]+/",
          pathNot: `^agent/src/engine/(${[room, ...uses].join("|")})/`,
        },
        "Each room of engine/ uses the ground and the rooms that are named here.",
      ),
    ),
    forbid(
      "only-link-touches-grpc",
      { path: "^agent/src/", pathNot: "^agent/src/link/" },
      { path: "@grpc/" },
      "One room speaks to the control plane.",
    ),
    forbid(
      "only-stores-touch-postgres",
      {
        path: "^control-plane/src/",
        pathNot: `(\\.store\\.ts$|^control-plane/src/database/|${test})`,
      },
      { path: "node_modules/postgres/" },
      "SQL lives in stores.",
    ),
    forbid(
      "plans-stay-apart",
      { path: "^control-plane/src/plans/" },
      { path: "^control-plane/src/(gateway|live|operations|webhooks)/" },
      "Plans and agents meet in the database.",
    ),
    forbid(
      "plans-decide-without-http",
      { path: "^control-plane/src/plans/", pathNot: `(\\.routes\\.ts$|-json\\.ts$|${test})` },
      { path: "^control-plane/src/http/" },
      "Deciding has nothing to do with HTTP.",
    ),
    forbid(
      "gateway-stays-apart",
      { path: "^control-plane/src/gateway/" },
      { path: "^control-plane/src/(plans|http|live|images|operations|webhooks)/" },
      "Plans and agents meet in the database.",
    ),
    forbid(
      "routes-do-not-import-routes",
      { path: "^control-plane/src/([^/]+)/.*\\.routes\\.ts$" },
      { path: "\\.routes\\.ts$", pathNot: "^control-plane/src/$1/" },
      "Routes of one subject use other subjects' stores and plain files.",
    ),
    forbid(
      "web-imports-api-types-only",
      { path: "^web/" },
      { path: "^(control-plane|agent|test|proto)/" },
      "The console knows the API alone.",
    ),
    forbid(
      "tests-use-the-product-from-outside",
      { path: "^test/" },
      { path: "^(control-plane|agent|web)/src/" },
      "End-to-end tests drive processes, HTTP, gRPC and Docker.",
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|generated)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "proto/tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "svelte"],
      extensions: [".ts", ".mjs", ".js", ".svelte"],
    },
  },
};
