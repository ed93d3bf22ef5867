import { z } from "zod";
import type { Paint } from "../terminal/colour.ts";
import { table } from "../terminal/table.ts";
import { printable } from "../terminal/text.ts";
import { duration } from "../terminal/units.ts";

// Read loosely: a receipt in a file may be of another version.
const seenSchema = z
  .object({
    imageId: z.string(),
    running: z.boolean().nullable(),
    health: z.string(),
    exitCode: z.number().nullable(),
  })
  .nullable()
  .catch(null);

const receiptSchema = z.object({
  name: z.string().catch("a plan"),
  status: z.string().catch("unknown"),
  error: z.string().nullable().catch(null),
  imageDigest: z.string().catch(""),
  triggeredBy: z.string().catch("unknown"),
  startedAt: z.string().nullable().catch(null),
  completedAt: z.string().nullable().catch(null),
  services: z
    .array(
      z.object({
        service: z.object({ name: z.string(), serverName: z.string() }),
        before: seenSchema,
        after: seenSchema,
        afterRollback: seenSchema,
        downtimeMs: z.number().nullable().catch(null),
      }),
    )
    .catch([]),
});

type Seen = z.infer<typeof seenSchema>;

/** What a plan did: its end, and a row for each service. */
export function receiptText(receipt: unknown, paint: Paint): string {
  const told = receiptSchema.parse(receipt);
  const times = `${told.startedAt ?? "not started"} to ${told.completedAt ?? "now"}`;
  const head = [
    paint("strong", `${printable(told.name)}: ${printable(told.status.replaceAll("_", " "))}`),
    `${printable(told.imageDigest)}, by ${printable(told.triggeredBy)}, ${printable(times)}`,
    ...(told.error ? [printable(told.error)] : []),
  ];
  const rows = table(
    [
      { title: "Service", cell: ({ service }) => service.name },
      { title: "Server", cell: ({ service }) => service.serverName },
      { title: "Before", cell: ({ before }) => shown(before) },
      { title: "After", cell: ({ after }) => shown(after) },
      { title: "After rollback", cell: ({ afterRollback }) => shown(afterRollback) },
      {
        title: "Downtime",
        cell: ({ downtimeMs }) => (downtimeMs === null ? "" : duration(downtimeMs)),
      },
    ],
    told.services,
    { columns: null, paint },
  );
  return `${head.join("\n")}\n\n${rows.trimEnd()}`;
}

function shown(seen: Seen): string {
  if (seen === null) return "";
  const image = seen.imageId.replace("sha256:", "").slice(0, 12);
  if (seen.running === false)
    return `${image} stopped${seen.exitCode === null ? "" : ` (${seen.exitCode})`}`;
  return seen.health === "none" || seen.health === "unknown" ? image : `${image} ${seen.health}`;
}
