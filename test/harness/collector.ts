import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";

/*
 * Takes spans as a collector of OpenTelemetry does: OTLP, version 1, as protobuf over HTTP. What is not as
 * that says is refused, and remembered.
 */

/** What is looked at of opentelemetry/proto/collector/trace/v1/trace_service.proto and what it uses. */
const schema = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ExportTraceServiceResponse {}
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1;
  bytes span_id = 2;
  bytes parent_span_id = 4;
  string name = 5;
  int32 kind = 6;
  fixed64 start_time_unix_nano = 7;
  fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9;
  Status status = 15;
}
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue {
  oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; }
}`;
const { root } = protobuf.parse(schema);
const requests = root.lookupType("ExportTraceServiceRequest");
const responses = root.lookupType("ExportTraceServiceResponse");

/** A span as it came. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  /** Empty: it is the first of its trace. */
  parentSpanId: string;
  name: string;
  kind: number;
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
  attributes: Record<string, unknown>;
  /** 0: not set, 1: ok, 2: error. */
  status: { code: number; message: string };
  /** Of what has sent it. */
  resource: Record<string, unknown>;
}

export interface Collector {
  /** `http://127.0.0.1:port`, as OTEL_EXPORTER_OTLP_ENDPOINT takes it. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Why requests were refused. */
  readonly problems: readonly string[];
  /** The headers of the last request. */
  headers(): Record<string, string | string[] | undefined>;
  close(): Promise<void>;
}

interface WireAttribute {
  key: string;
  value?: Record<string, unknown>;
}
interface WireSpan {
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  parentSpanId?: Uint8Array;
  name?: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: WireAttribute[];
  status?: { code?: number; message?: string };
}
interface WireRequest {
  resourceSpans?: {
    resource?: { attributes?: WireAttribute[] };
    scopeSpans?: { spans?: WireSpan[] }[];
  }[];
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const problems: string[] = [];
  let headers: Record<string, string | string[] | undefined> = {};
  const server = createServer(async (incoming, outgoing) => {
    headers = incoming.headers;
    try {
      if (incoming.method !== "POST" || incoming.url !== "/v1/traces") {
        throw new Error(`${incoming.method} ${incoming.url}`);
      }
      const type = incoming.headers["content-type"];
      if (type !== "application/x-protobuf") throw new Error(`the content type ${type}`);
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const sent = Buffer.concat(chunks);
      const zipped = incoming.headers["content-encoding"] === "gzip";
      const decoded = requests.decode(zipped ? gunzipSync(sent) : sent);
      const request = requests.toObject(decoded, { longs: String }) as WireRequest;
      spans.push(...spansOf(request));
      outgoing.writeHead(200, { "content-type": "application/x-protobuf" });
      outgoing.end(responses.encode({}).finish());
    } catch (error) {
      problems.push(String(error));
      outgoing.writeHead(400).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    problems,
    headers: () => headers,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Throws where a span is not as the specification wants it. */
function spansOf({ resourceSpans = [] }: WireRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const sender = attributesOf(resource?.attributes);
    if (sender["service.name"] === undefined) throw new Error("a resource without service.name");
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => readSpan(span, sender)));
  });
}

function readSpan(wire: WireSpan, resource: Record<string, unknown>): CollectedSpan {
  const span = {
    traceId: idOf(wire.traceId, 16),
    spanId: idOf(wire.spanId, 8),
    parentSpanId: wire.parentSpanId?.length ? idOf(wire.parentSpanId, 8) : "",
    name: wire.name ?? "",
    kind: wire.kind ?? 0,
    startedAt: milliseconds(wire.startTimeUnixNano),
    endedAt: milliseconds(wire.endTimeUnixNano),
    attributes: attributesOf(wire.attributes),
    status: { code: wire.status?.code ?? 0, message: wire.status?.message ?? "" },
    resource,
  };
  if (span.name === "") throw new Error("a span without a name");
  if (span.startedAt === 0 || span.endedAt < span.startedAt) {
    throw new Error(`${span.name} lasts from ${span.startedAt} to ${span.endedAt}`);
  }
  return span;
}

function idOf(bytes: Uint8Array | undefined, length: number): string {
  const id = Buffer.from(bytes ?? []).toString("hex");
  if (id.length !== 2 * length || /^0*$/.test(id)) throw new Error(`the id "${id}"`);
  return id;
}

function milliseconds(nanoseconds = "0"): number {
  return Number(BigInt(nanoseconds) / 1_000_000n);
}

function attributesOf(attributes: readonly WireAttribute[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value = {} }) => {
      const [read] = Object.values(value);
      return [key, "intValue" in value ? Number(read) : read];
    }),
  );
}
