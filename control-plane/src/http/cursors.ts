import { z } from "@hono/zod-openapi";
import { isId } from "../database/ids.ts";
import type { Page, Position } from "../database/position.ts";
import { Problem } from "../problem.ts";
import { pageQuery } from "./routes.ts";

/*
 * A cursor names the row after which a page begins, so that it is found at once however far from the beginning it
 * is, and rows that come or go meanwhile move nothing. It is opaque to clients: base64url of JSON, `[key, id]`.
 */

/** The query of a list that is paged by `offset` or, which is as quick on every page, by `cursor`. */
export const cursorQuery = pageQuery.extend({
  cursor: z
    .string()
    .max(4000)
    .optional()
    .describe(
      "`nextCursor` of the page before: the next one, as quick as the first. In the place of `offset`",
    ),
});

export const nextCursorField = z
  .string()
  .nullable()
  .describe("`cursor` of the next page; null: this is the last one");

/**
 * @param key what the list is ordered by
 * @throws {Problem} 400 for what is no cursor of such a list, or beside an offset
 */
export function pageOf<Kind extends "text" | "number">(
  { limit, offset, cursor }: z.infer<typeof cursorQuery>,
  key: Kind,
): Page<Kind extends "text" ? string : number> {
  if (cursor === undefined) return { limit, offset, after: null };
  if (offset > 0) {
    throw new Problem(
      "invalid",
      "cursor_with_offset",
      "cursor: takes the place of offset; leave offset out",
    );
  }
  const after = positionOf(cursor, key);
  if (after === null) {
    throw new Problem(
      "invalid",
      "bad_cursor",
      "cursor: is not the nextCursor of a page of this list; begin without a cursor",
    );
  }
  return { limit, offset, after: after as Position<never> };
}

/** @param last the last row of a page; undefined: it has none */
export function nextCursor(
  last: Position<string | number> | undefined,
  page: { rows: number; limit: number },
): string | null {
  if (last === undefined || page.rows < page.limit) return null;
  return Buffer.from(JSON.stringify([last.key, last.id])).toString("base64url");
}

function positionOf(cursor: string, kind: "text" | "number"): Position<string | number> | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return null;
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) return null;
  const [key, id] = parsed as unknown[];
  if (!isId(id)) return null;
  const fits =
    kind === "number" ? Number.isSafeInteger(key) : typeof key === "string" && !key.includes("\0");
  return fits ? { key: key as string | number, id } : null;
}
