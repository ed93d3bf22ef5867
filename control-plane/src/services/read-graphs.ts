import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Database, readTogether } from "../database/connection.ts";
import { graphVersion } from "../database/row-counts.store.ts";
import { Problem } from "../problem.ts";
import { SharedReads } from "../shared-reads.ts";
import {
  edgesAt,
  type GraphEdge,
  type GraphNode,
  graphEdges,
  graphNodes,
} from "./dependencies.store.ts";
import { deploymentLevels } from "./dependency-graph.ts";
import { servicesOfProject } from "./services.store.ts";

/** Of large installations some megabytes each, and as many environments have few of these. */
const mostGraphs = 4;

/** The whole graph of an environment as JSON text in UTF-8. */
interface WrittenGraph {
  version: number;
  /** says the same of the same graph, on every replica */
  etag: string;
  body: Buffer<ArrayBuffer>;
  /** the same by gzip */
  compressed(): Promise<Buffer<ArrayBuffer>>;
}

/** Whole graphs, written once for each change of what they show. */
export class KeptGraphs {
  readonly #database: Database;
  readonly #graphs = new Map<string, WrittenGraph>();
  readonly #reads = new SharedReads<WrittenGraph>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws {Problem} 400 when the dependencies form a circle */
  read(environmentId: string): Promise<WrittenGraph> {
    return this.#reads.read(environmentId, async () => {
      const kept = this.#graphs.get(environmentId);
      const version = await graphVersion(this.#database, environmentId);
      if (kept?.version === version) return kept;
      const made = await readWhole(this.#database, environmentId);
      this.#graphs.delete(environmentId);
      this.#graphs.set(environmentId, made);
      const [oldest] = this.#graphs.keys();
      if (this.#graphs.size > mostGraphs && oldest !== undefined) this.#graphs.delete(oldest);
      return made;
    });
  }
}

async function readWhole(database: Database, environmentId: string): Promise<WrittenGraph> {
  const [version, nodes, edges] = await readTogether(database, (sql) =>
    Promise.all([
      graphVersion(sql, environmentId),
      graphNodes(sql, environmentId),
      graphEdges(sql, environmentId),
    ]),
  );
  const body = Buffer.from(JSON.stringify(graphOf(nodes, edges)));
  let compressed: Promise<Buffer<ArrayBuffer>> | null = null;
  return {
    version,
    etag: `W/"${createHash("sha256").update(body).digest("base64url")}"`,
    body,
    compressed() {
      compressed ??= promisify(gzip)(body) as Promise<Buffer<ArrayBuffer>>;
      return compressed;
    },
  };
}

/**
 * What is around some services of an environment: those, and what is no more dependencies away from one of them
 * than `depth`, whichever way these lead.
 * @throws {Problem} 400 for a service that is not of the environment
 */
export function readPart(
  database: Database,
  environmentId: string,
  around: { serviceId: string } | { composeProject: string },
  depth: number,
): Promise<ReturnType<typeof graphOf>> {
  return readTogether(database, async (sql) => {
    const starts =
      "serviceId" in around
        ? [around.serviceId]
        : await servicesOfProject(sql, environmentId, around.composeProject);
    const edges = new Map<string, GraphEdge>();
    const near = new Set(starts);
    let last = starts;
    for (let step = 0; step < depth && last.length > 0; step++) {
      const found = await edgesAt(sql, last);
      const ends = found.flatMap(({ serviceId, dependsOnId }) => [serviceId, dependsOnId]);
      last = [...new Set(ends)].filter((id) => !near.has(id));
      for (const id of last) near.add(id);
      for (const edge of found) edges.set(edge.id, edge);
    }
    const nodes = await graphNodes(sql, environmentId, [...near]);
    if ("serviceId" in around && !nodes.some(({ id }) => id === around.serviceId)) {
      throw new Problem(
        "invalid",
        "unknown_service",
        "serviceId: there is no such service in this environment",
      );
    }
    return graphOf(nodes, [...edges.values()]);
  });
}

function graphOf(nodes: GraphNode[], rows: GraphEdge[]) {
  return {
    nodes,
    edges: rows.map(({ id, dependsOnId: from, serviceId: to, type }) => ({ id, from, to, type })),
    deploymentOrder: deploymentLevels(nodes, rows),
  };
}

/** Whether a reader's `If-None-Match` names this version; weak and strong tags count as the same. */
export function isKnown(header: string | undefined, etag: string): boolean {
  const plain = (tag: string) => tag.trim().replace(/^W\//, "");
  return (header ?? "").split(",").some((tag) => plain(tag) === plain(etag) || plain(tag) === "*");
}
