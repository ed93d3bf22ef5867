import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Matrix, openMatrix } from "./access-matrix.fixture.ts";
import { fillLargeData, largeIds } from "./database/large-data.fixture.ts";
import { type LargeIds, largeRoutes } from "./database/large-data-routes.fixture.ts";
import { openTestDatabase, type TestDatabase } from "./database/test-database.ts";
import { insertEnvironment } from "./environments/environments.store.ts";

/*
 * PostgreSQL tells the plan of each statement that a request leads to, also of those in functions, with the
 * values that it was asked with: none may read the whole of a table that grows with what happens.
 */

const large = [
  "audit_chain",
  "audit_logs",
  "commands",
  "containers",
  "deployment_plans",
  "digest_contents",
  "image_digests",
  "plan_services",
  "plan_steps",
  "plan_targets",
  "service_dependencies",
  "service_updates",
  "services",
  "tag_sightings",
  "webhook_deliveries",
];

/**
 * What looks at each of an environment's services, here all that there are: to show all of them, to sort by
 * what no index has, to skip nearly all, or to find what is in many names.
 */
const everything: [path: RegExp, tables: string[]][] = [
  [/\/dependency-graph$/, ["services", "service_dependencies"]],
  [/\/services\?(status|drift|sort)=/, ["services", "containers"]],
  [/\/(linkable-)?services\?offset=/, ["services"]],
  [/\/services\?q=(a|out)$/, ["services"]],
];

/** Reads that ask no table of these, that an agent or a registry answers, or that are no lists. */
const notAsked = [
  "/api/agent-authority",
  "/api/agent/authority",
  "/api/agent/download/{version}/checksums",
  "/api/agent/download/{version}/{platform}",
  "/api/agent/image.tar",
  "/api/agent/install.sh",
  "/api/agent/package",
  "/api/audit-logs/export",
  "/api/audit-logs/verify",
  "/api/auth/methods",
  "/api/auth/oidc/callback",
  "/api/auth/oidc/start",
  "/api/auth/passkeys",
  "/api/auth/totp",
  "/api/cli/download/{version}/{platform}",
  "/api/cli/package",
  "/api/container-images/{id}/digests/{digestId}/signatures",
  "/api/container-images/{id}/tags",
  "/api/deployment-plans/{id}/stream",
  "/api/doctor",
  "/api/environments/{envId}/settings/operations",
  "/api/environments/{envId}/signature-rule",
  "/api/receipt-keys",
  "/api/registries/{id}/repositories",
  "/api/registries/{id}/repositories/{repo}/tags",
  "/api/registries/{id}/signature-rule",
  "/api/servers/{id}/prune-estimate",
  "/api/services/{id}/logs",
  "/api/ws",
  "/healthz",
  "/readyz",
];

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  Filter?: string;
  Plans?: PlanNode[];
}

interface Explained {
  "Query Text": string;
  Plan: PlanNode;
}

let rig: TestDatabase;
let matrix: Matrix;
let ids: LargeIds;
let told: string[] = [];

beforeAll(async () => {
  rig = await openTestDatabase({ noticed: (message) => told.push(message) });
  for (const [name, value] of Object.entries({
    session_preload_libraries: "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_format": "json",
    "auto_explain.log_level": "notice",
    "auto_explain.log_nested_statements": "on",
  })) {
    await rig.owner.unsafe(`alter database ${rig.name} set ${name} = '${value}'`);
  }
  const environmentId = await insertEnvironment(rig.owner, "large");
  await fillLargeData(rig.owner as never, environmentId, {
    services: 3000,
    images: 1000,
    digests: 12_000,
    plans: 3000,
    audit: 20_000,
  });
  // Twenty times as many, as far as PostgreSQL knows: with few rows it would read all of them in any case.
  await rig.owner`
    update pg_class set reltuples = reltuples * 20
    where relnamespace = 'public'::regnamespace and relkind = 'r'`;
  ids = await largeIds(rig.owner as never, environmentId);
  matrix = await openMatrix(rig);
});
afterAll(async () => {
  await matrix?.close();
  await rig.close();
});

const plansTold = () => told.filter((message) => message.includes("plan:\n"));

/** Also what makes the parts of each row's names, which is slower than reading it. */
function scanned({ "Relation Name": table, Plans = [], ...node }: PlanNode): string[] {
  const whole = node["Node Type"] === "Seq Scan" || node.Filter?.includes("text_parts(");
  return [...(whole && table !== undefined ? [table] : []), ...Plans.flatMap(scanned)];
}

/** The large tables of which the statements so far read the whole, each with its statement. */
function wholeReads(): Map<string, string> {
  return new Map(
    plansTold()
      .filter((message) => /Seq Scan|text_parts/.test(message))
      .flatMap((message) => {
        const explained = message.slice(message.indexOf("plan:\n") + 6);
        const { "Query Text": text, Plan } = JSON.parse(explained) as Explained;
        const tables = scanned(Plan).filter((table) => large.includes(table));
        return tables.map((table) => [table, text] as const);
      }),
  );
}

test("no route reads the whole of a large table", async () => {
  const wrong: unknown[] = [];
  for (const [, path] of largeRoutes(ids)) {
    const allowed = everything.flatMap(([of, tables]) => (of.test(path) ? tables : []));
    told = [];
    // From the sixth time on PostgreSQL may plan a statement without its values.
    for (let time = 0; time < 7; time++) {
      const { status } = await matrix.call("administrator", "GET", path);
      if (status !== 200) wrong.push([path, status]);
    }
    if (plansTold().length === 0) wrong.push([path, "no statement was seen"]);
    for (const [table, text] of wholeReads()) {
      if (!allowed.includes(table)) wrong.push([path, table, text]);
    }
  }
  expect(wrong).toEqual([]);
});

test("every route that reads is asked, or it is said that it is not", async () => {
  const { text } = await matrix.call("anonymous", "GET", "/api/openapi.json");
  const { paths } = JSON.parse(text) as { paths: Record<string, { get?: unknown }> };
  const reads = Object.entries(paths).flatMap(([path, { get }]) => (get ? [path] : []));
  const known = new Set([...largeRoutes(ids).map(([described]) => described), ...notAsked]);
  expect(reads.filter((path) => !known.has(path))).toEqual([]);
});

describe("what reads a whole table is found", () => {
  test.each([
    ["a statement", "select * from audit_logs where actor_name = 'nobody'", "audit_logs"],
    ["names' parts", "select from services where text_parts(name, 1) @> '{a}'", "services"],
    ["a part of one", "select (select count(*) from plan_steps where error = 'x')", "plan_steps"],
  ])("in %s", async (_, statement, table) => {
    told = [];
    await rig.database.unsafe(statement);
    expect([...wholeReads().keys()]).toEqual([table]);
  });

  test("and what an index finds is not", async () => {
    told = [];
    await rig.database.unsafe("select * from audit_logs order by at desc limit 5");
    expect(plansTold().length).toBe(1);
    expect([...wholeReads().keys()]).toEqual([]);
  });
});
