import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { parseTraceParent, setGlobalErrorHandler } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
} from "@opentelemetry/sdk-trace-base";
import type { Logger } from "pino";
import { type Span, type TraceParent, type Traces, writtenParent } from "./traces.ts";

/** How long a process that ends waits for a collector. */
const farewellMs = 5000;
/** What fails the same way is not logged more often. */
const repeatMs = 60_000;

/**
 * Sends spans by OTLP, as protobuf over HTTP. Where to, and everything else of it, is what the standard
 * variables say (OTEL_EXPORTER_OTLP_…, OTEL_BSP_…, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME,
 * OTEL_RESOURCE_ATTRIBUTES), which the library reads itself. What cannot be sent is logged and dropped.
 */
export function openTraces({ version, log }: { version: string; log: Logger }): Traces {
  const complain = quietly(log);
  setGlobalErrorHandler((error) => complain(error));
  const ids = new GivenIds();
  const own = { "service.name": "bridgeport", "service.version": version };
  const resource = defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [envDetector] }));
  const provider = new BasicTracerProvider({
    resource,
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  const tracer = provider.getTracer("bridgeport", version);

  const below = ({ traceId, spanId, sampled }: TraceParent) =>
    trace.setSpanContext(ROOT_CONTEXT, {
      ...{ traceId, spanId, isRemote: true },
      traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    });

  /** Whether a trace that begins here is to be kept: the same for the same trace. */
  function isSampled(traceId: string): boolean {
    const first = ids.using({ traceId, spanId: "00000000000000ff" }, () =>
      tracer.startSpan("", { root: true }, ROOT_CONTEXT),
    );
    return (first.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  function contextOf({ traceId, parent }: Span) {
    if (parent === null) return ROOT_CONTEXT;
    return below({ traceId, spanId: parent.spanId, sampled: parent.sampled ?? isSampled(traceId) });
  }

  return {
    request(traceParent) {
      const given = traceParent === undefined ? null : parseTraceParent(traceParent);
      const context =
        given === null
          ? ROOT_CONTEXT
          : below({ ...given, sampled: (given.traceFlags & TraceFlags.SAMPLED) !== 0 });
      const span = tracer.startSpan("request", { kind: SpanKind.SERVER }, context);
      const { traceId, spanId, traceFlags } = span.spanContext();
      const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
      return {
        traceParent: writtenParent({ traceId, spanId, sampled }),
        end({ method, route, status, requestId }) {
          span.updateName(`${method} ${route}`);
          span.setAttributes({
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
            "bridgeport.request.id": requestId,
          });
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    send(told) {
      const { traceId, spanId, name, startedAt, endedAt, attributes, error } = told;
      const span = ids.using({ traceId, spanId }, () =>
        tracer.startSpan(name, { startTime: startedAt, attributes }, contextOf(told)),
      );
      if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end(Math.max(startedAt, endedAt));
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, farewellMs);
      });
      await Promise.race([provider.shutdown().catch(complain), enough]);
      clearTimeout(timer);
    },
  };
}

/** Random ids, but for what has its own. */
class GivenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #given: { traceId: string; spanId: string } | null = null;

  using<T>(given: { traceId: string; spanId: string }, work: () => T): T {
    const before = this.#given;
    this.#given = given;
    try {
      return work();
    } finally {
      this.#given = before;
    }
  }

  generateTraceId(): string {
    return this.#given?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#given?.spanId ?? this.#random.generateSpanId();
  }
}

function quietly(log: Logger): (error: unknown) => void {
  let last = { reason: "", at: Number.NEGATIVE_INFINITY };
  return (error) => {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === last.reason && performance.now() - last.at < repeatMs) return;
    last = { reason, at: performance.now() };
    log.warn({ reason }, "traces could not be sent");
  };
}
