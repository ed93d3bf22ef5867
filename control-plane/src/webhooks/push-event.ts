import { z } from "zod";

/** What the body of a push notification says. */
export type PushEvent =
  | { kind: "pushed"; repositories: ChangedRepository[] }
  /** nothing that is checked for; the message is a sentence */
  | { kind: "ignored"; message: string }
  | { kind: "malformed"; message: string };

/** A repository in which something changed. */
export interface ChangedRepository {
  /** as its sender calls it */
  name: string;
  /** those that changed, as far as the sender says */
  tags: string[];
  /** How its images may be called. The first list with an image of ours holds, the others do not. */
  places: Place[][];
}

/** Which images are of a repository, by their name or the registry that they are linked to. */
export interface Place {
  /** `host[:port]` of the registry; null: its sender calls it by a name that may be another than ours */
  host: string | null;
  /** the repository in that registry */
  path: string;
  /** The host may have another port or a name in front, and the path one more component in front. */
  nearby?: true;
}

/** A repository of which its sender tells for certain how it is pulled. */
export function exactly(host: string, path: string, tags: string[]): ChangedRepository {
  return { name: `${host}/${path}`, tags, places: [[{ host, path }]] };
}

/** Texts of a payload that are stored or compared. */
export const shortText = z.string().min(1).max(512);

/** Reads a payload by its schema, and then by what it says. */
export function eventOf<S extends z.ZodType>(
  schema: S,
  body: unknown,
  read: (payload: z.infer<S>) => PushEvent,
): PushEvent {
  const parsed = schema.safeParse(body);
  if (parsed.success) return read(parsed.data);
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") || "body";
  return malformed(`${path}: ${issue?.message ?? "not what is expected"}`);
}

export function pushed(...repositories: ChangedRepository[]): PushEvent {
  return { kind: "pushed", repositories };
}

export function ignored(message: string): PushEvent {
  return { kind: "ignored", message };
}

export function malformed(message: string): PushEvent {
  return { kind: "malformed", message };
}
