import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { listen } from "../database/listen.ts";
import type { Caller } from "../hooks/call.ts";
import { queryUrl, readAnswer } from "./analysis.ts";
import {
  recordAnswer,
  releaseQuestions,
  type TakenQuestion,
  takeQuestions,
} from "./soak-queries.store.ts";

/*
 * Prometheus is asked by the control plane itself: by whichever replica takes the question first. When it is
 * asked, and what comes of an answer, is decided with the plan.
 */

export interface AskingParts {
  database: Database;
  caller: Caller;
  log: Logger;
}

/** How long a lost notification, or a dead replica whose lease has ended, can delay a question at most. */
const sweepMs = 3000;
const questionsAtOnce = 16;
const timeoutMs = 10_000;
/** One number with the labels of its series fits many times. */
const keptCharacters = 200_000;

/** Asks Prometheus on this replica until it is stopped. */
export async function startAskingPrometheus(
  parts: AskingParts,
): Promise<{ stop(): Promise<void> }> {
  const { database, log } = parts;
  const claim = newId();
  const over = new AbortController();
  const asking = new Set<Promise<void>>();
  let looking: Promise<void> = Promise.resolve();

  async function take(): Promise<void> {
    if (over.signal.aborted || asking.size >= questionsAtOnce) return;
    for (const question of await takeQuestions(database, claim, questionsAtOnce - asking.size)) {
      const done = askPrometheus(parts, question, over.signal)
        .catch((error: unknown) => {
          // The lease ends, and it is asked again.
          log.warn({ err: error, planId: question.planId }, "Prometheus could not be asked");
        })
        .finally(() => {
          asking.delete(done);
          look();
        });
      asking.add(done);
    }
  }
  function look(): void {
    looking = looking
      .then(take)
      .catch((error: unknown) => log.warn({ err: error }, "questions could not be read"));
  }

  const stopListening = await listen(database, "prometheus_asked", {
    notified: look,
    resumed: look,
  });
  const sweeper = setInterval(look, sweepMs);
  look();

  return {
    async stop() {
      clearInterval(sweeper);
      over.abort();
      await stopListening();
      await looking;
      await Promise.allSettled(asking);
      await releaseQuestions(database, claim);
    },
  };
}

/**
 * Asks one question that was taken, and records what came of it.
 * @param signal gives it up: nothing is recorded then, and the replica that takes it next asks again
 */
export async function askPrometheus(
  { database, caller }: Pick<AskingParts, "database" | "caller">,
  question: TakenQuestion,
  signal: AbortSignal,
): Promise<void> {
  const { questionId, query } = question;
  const answer = await caller.call(
    {
      ...{ method: "GET", url: queryUrl(query), body: null, timeoutMs, keptCharacters },
      headers: { Accept: "application/json", "User-Agent": "Bridgeport" },
    },
    AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  );
  if (signal.aborted) return;
  const measured = readAnswer(answer.text, answer.error);
  await recordAnswer(database, question, { questionId, at: Date.now(), ...measured });
}
