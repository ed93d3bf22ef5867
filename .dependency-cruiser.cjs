// Who may import whom. Every rule is one line of the table in docs/architecture.md.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

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
  jobs: ["container", "images", "logs", "replacement"],
};

// Which subjects of control-plane/src each subject may use, besides the files directly in src/. What
// is not named is forbidden. Each uses only subjects above it in the list, so there is no cycle
// between folders. docs/architecture.md has the same table in its words.
const subjects = {
  database: [],
  jobs: ["database"],
  events: ["database"],
  commands: ["database"],
  environments: ["database"],
  identity: ["database", "environments"],
  http: ["database", "identity"],
  registries: ["database", "http", "identity"],
  installation: ["http"],
  servers: ["database", "environments", "events", "http", "identity", "installation"],
  services: ["database", "http", "identity", "servers"],
  images: ["database", "environments", "events", "http", "identity", "registries", "services"],
  inventory: ["commands", "database", "images", "registries", "services"],
  gateway: ["commands", "database", "installation", "inventory", "servers", "services"],
  signatures: ["database", "environments", "http", "identity", "images", "registries"],
  receipts: ["database", "http", "identity"],
  hooks: ["database", "http", "identity", "images"],
  plans: [
    ...["commands", "database", "environments", "hooks", "http", "identity", "images", "inventory"],
    ...["receipts", "registries", "servers", "services", "signatures"],
  ],
  promotions: ["database", "images", "plans", "servers", "signatures"],
  live: ["database", "environments", "identity", "plans", "services"],
  updates: [
    "database",
    "environments",
    "http",
    "identity",
    "images",
    "jobs",
    "plans",
    "services",
    "signatures",
  ],
  housekeeping: ["commands", "database", "environments", "identity", "jobs", "servers"],
  webhooks: ["database", "environments", "events", "http", "images", "plans", "registries"],
  notifications: ["database", "http", "webhooks"],
  backups: [
    ...["commands", "database", "environments", "events", "identity", "images", "jobs", "plans"],
    ...["servers", "webhooks"],
  ],
  doctor: ["database", "identity", "jobs", "servers"],
  background: [
    ...["database", "events", "housekeeping", "jobs", "notifications", "plans", "signatures"],
    ...["updates", "webhooks"],
  ],
};
// The same of the console: which subjects of web/src each subject may use, besides web/src/lib.
const consoleSubjects = {
  audit: [],
  compose: [],
  digests: [],
  freeze: [],
  hooks: [],
  signatures: [],
  registries: ["signatures"],
  plans: ["digests", "freeze"],
  deployments: ["digests", "freeze", "plans"],
  updates: ["compose", "deployments", "freeze", "plans"],
  images: ["compose", "deployments", "digests", "hooks", "plans", "signatures", "updates"],
  services: ["compose", "deployments", "digests"],
  servers: ["audit", "services"],
  projects: ["compose", "services", "updates"],
  overview: ["plans"],
  login: [],
  settings: ["freeze", "signatures"],
  shell: ["compose", "deployments", "freeze"],
};
requireOrder("subjects", subjects);
requireOrder("engineRooms", engineRooms);
requireOrder("consoleSubjects", consoleSubjects);
requireSameAsDocumented(subjects, "## Rooms");
requireSameAsDocumented(consoleSubjects, "## The console");

const src = "^control-plane/src/";
const composition = `${src}(main|api-routes|(backup|doctor|restore|run)-command|rotate-key|write-openapi)\\.ts$`;
const routes = "\\.routes\\.ts$";
const forTests = "(\\.(test|fixture)\\.ts$|/database/test-database\\.ts$)";

/** Throws unless each room of a table uses only rooms above it: that is how a cycle is excluded. */
function requireOrder(table, rooms) {
  const above = new Set();
  for (const [room, uses] of Object.entries(rooms)) {
    const below = uses.filter((used) => !above.has(used));
    if (below.length > 0) throw new Error(`${table}: ${below} must stand above ${room}`);
    above.add(room);
  }
}

/** Throws unless the table of subjects below this heading of docs/architecture.md says the same. */
function requireSameAsDocumented(table, heading) {
  const page = readFileSync(join(__dirname, "docs/architecture.md"), "utf8");
  const start = page.indexOf(`\n${heading}\n`) + 1;
  if (start === 0) throw new Error(`docs/architecture.md has no "${heading}"`);
  const end = page.indexOf("\n## ", start);
  const section = page.slice(start, end === -1 ? undefined : end);
  const rows = [...section.matchAll(/^\| `([a-z]+)` \|[^|\n]*\|([^|\n]*)\|$/gm)];
  const documented = Object.fromEntries(
    rows.map(([, subject, uses]) => [
      subject,
      [...uses.matchAll(/`([a-z]+)`/g)].map(([, name]) => name),
    ]),
  );
  for (const subject of new Set([...Object.keys(table), ...Object.keys(documented)])) {
    const [here, there] = [
      table[subject]?.toSorted().join(" "),
      documented[subject]?.toSorted().join(" "),
    ];
    if (here !== there) {
      throw new Error(`${subject} may use "${here}", but docs/architecture.md says "${there}"`);
    }
  }
}

module.exports = {
  forbidden: [
    forbid("no-cycles", {}, { circular: true }, "A cycle means two files are one subject."),
    forbid(
      "proto-stands-alone",
      { path: "^proto/" },
      { path: "^(control-plane|agent|client|cli|web|test)/" },
      "The contract knows neither side.",
    ),
    forbid(
      "agent-imports-proto-only",
      { path: "^agent/" },
      { path: "^(control-plane|client|cli|web)/" },
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
      { path: "^(agent|client|cli|web)/" },
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
      { path: "^agent/src/(commands|link|policy|main)" },
      "What is done to containers does not depend on who asked for it; the contract is command.ts.",
    ),
    forbid(
      "policy-knows-no-engine",
      { path: "^agent/src/policy/" },
      { path: "^agent/src/(commands|engine|link|main)" },
      "What the host's owner allows is plain text and names; the contract is host-policy.ts.",
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
      "ground-knows-no-subjects",
      { path: `${src}[^/]+\\.ts$`, pathNot: `(${composition}|${forTests})` },
      { path: `${src}[^/]+/` },
      "The ground is what every subject may use, so it uses none of them.",
    ),
    forbid(
      "subjects-are-in-the-table",
      { path: `${src}[^/]+/`, pathNot: `${src}(${Object.keys(subjects).join("|")})/` },
      { path: src },
      "A new subject says in the table above what it may use.",
    ),
    ...Object.entries(subjects).map(([subject, uses]) =>
      forbid(
        `${subject}-imports`,
        { path: `${src}${subject}/`, pathNot: `(${routes}|${forTests})` },
        { path: `${src}[^/]+/`, pathNot: `${src}(${[subject, ...uses].join("|")})/` },
        "Each subject uses the ground and the subjects that are named in the table above.",
      ),
    ),
    forbid(
      "only-the-api-speaks-http",
      {
        path: `${src}[^/]+/`,
        pathNot: `(${routes}|(-json|/registry-input)\\.ts$|${src}http/|${forTests})`,
      },
      { path: `${src}http/` },
      "Only routes, and what the API takes and shows of a row, have to do with HTTP.",
    ),
    forbid(
      "subjects-do-not-know-the-composition",
      { path: `${src}[^/]+/`, pathNot: forTests },
      { path: composition },
      "The composition root knows the subjects, not the reverse.",
    ),
    forbid(
      "only-main-knows-the-background",
      { path: src, pathNot: `(${src}main\\.ts$|${src}background/)` },
      { path: `${src}background/` },
      "background/ belongs to the composition root.",
    ),
    forbid(
      "only-routes-and-the-composition-import-routes",
      { path: src, pathNot: `(${routes}|${composition}|${forTests})` },
      { path: routes },
      "Routes use everything else, so what they are used by would be in a cycle with it.",
    ),
    forbid(
      "routes-do-not-import-routes",
      { path: `${src}([^/]+)/.*${routes}` },
      { path: routes, pathNot: `${src}$1/` },
      "Routes of one subject use other subjects' stores and plain files.",
    ),
    forbid(
      "client-stands-alone",
      { path: "^client/" },
      { path: "^(proto|control-plane|agent|cli|web|test)/" },
      "The client knows the API alone.",
    ),
    forbid(
      "console-and-command-line-import-the-client-only",
      { path: "^(web|cli)/" },
      { path: "^(proto|control-plane|agent|test)/", pathNot: "^proto/src/prox" },
      "The console and the command line know the API alone, and the way through a proxy.",
    ),
    forbid(
      "console-ground-knows-no-subjects",
      { path: "^web/src/lib/" },
      { path: "^web/src/", pathNot: "^web/src/lib/" },
      "lib/ is what every subject of the console may use, so it uses none of them.",
    ),
    forbid(
      "console-subjects-are-in-the-table",
      {
        path: "^web/src/[^/]+/",
        pathNot: `^web/src/(lib|${Object.keys(consoleSubjects).join("|")})/`,
      },
      { path: "." },
      "A new subject says in the table above what it may use.",
    ),
    ...Object.entries(consoleSubjects).map(([subject, uses]) =>
      forbid(
        `console-${subject}-imports`,
        { path: `^web/src/${subject}/` },
        { path: "^web/src/", pathNot: `^web/src/(${["lib", subject, ...uses].join("|")})/` },
        "Each subject of the console uses lib/ and the subjects that are named in the table above.",
      ),
    ),
    forbid(
      "console-and-command-line-stay-apart",
      { path: "^(web|cli)/" },
      { path: "^(web|cli)/", pathNot: "^$1/" },
      "They share the client.",
    ),
    forbid(
      "tests-use-the-product-from-outside",
      { path: "^test/", pathNot: "^test/(bench/(flood|data|leaks|plan)|harness/fleet/)" },
      { path: "^(control-plane|agent|client|cli|web)/src/" },
      "End-to-end tests drive processes, HTTP, gRPC and Docker. Agents that flood, come again or are many, and the rows of a large installation, are made of their parts.",
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
