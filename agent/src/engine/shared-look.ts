import { type Engine, Memory } from "./client.ts";

interface Looks {
  running: Promise<unknown>;
  /** of all that asked while that ran */
  waiting: Promise<unknown> | null;
}

const looks = new Memory(() => new Map<string, Looks>());

/**
 * Looks at one thing of an engine, by its `key`. While one look is under way, all that ask wait, and one
 * further look answers all of them: so each answer is from after its question, as with a look of its own.
 */
export async function sharedLook<T>(
  engine: Engine,
  key: string,
  look: () => Promise<T>,
): Promise<T> {
  const known = engine.recall(looks);
  const current = known.get(key);
  if (current !== undefined) {
    current.waiting ??= current.running.then(
      () => begin(known, key, look),
      () => begin(known, key, look),
    );
    return (await current.waiting) as T;
  }
  return await begin(known, key, look);
}

function begin<T>(known: Map<string, Looks>, key: string, look: () => Promise<T>): Promise<T> {
  const running = look();
  const entry: Looks = { running, waiting: null };
  known.set(key, entry);
  const forget = (): void => {
    if (entry.waiting === null) known.delete(key);
  };
  running.then(forget, forget);
  return running;
}
