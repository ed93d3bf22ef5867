// The page of a plan over all services of a large fleet while the plan runs: how soon it is there, what comes
// over the line for it, and how smoothly it scrolls, beside a page that shows nothing. Its buttons are pressed
// on the way: pause, resume, cancel, roll back. The agents speak the real protocol; behind them are no containers.
// Options: --services=1000 --servers=200 --seconds=30
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { CDPSession, Page } from "playwright-core";
import { type Console, logIn, openConsole } from "../harness/console.ts";
import { startRegistry } from "../harness/registry.ts";
import type { Plan } from "../harness/resources.ts";
import { startSystem } from "../harness/system.ts";
import { printTable, writeFigures } from "./figures.ts";
import { newWorld } from "./plan-scale.ts";

const { values: options } = parseArgs({
  options: {
    services: { type: "string", default: "1000" },
    servers: { type: "string", default: "200" },
    seconds: { type: "string", default: "30" },
  },
});
const scale = { services: Number(options.services), servers: Number(options.servers) };
const watchedMs = Number(options.seconds) * 1000;

/** What a page did in a time; times in milliseconds. */
interface PageFigures {
  what: string;
  /** from the request of its address until its content was in the document */
  content: number;
  /** of the longest task, and of all tasks above 50 ms */
  longest: number;
  blocked: number;
  /** between two frames while the page is scrolled */
  frames: { median: number; p95: number; longest: number };
  elements: number;
  /** answers of the API, and messages over the WebSocket */
  answers: { count: number; bytes: number };
  messages: { count: number; bytes: number };
}

const registry = await startRegistry();
const system = await startSystem({ env: { BRIDGEPORT_RATE_LIMIT: "0" } });
let leave = () => {};
let console_: Console | undefined;
try {
  const { api, agents, image, digests } = await newWorld(scale, registry, system);
  leave = () => agents.leave();
  await api.post("/api/environments", { name: "empty" });
  console_ = await openConsole({ system });
  const { page } = console_;
  await page.goto(`${system.url}/login`);
  await logIn(page, system.admin);
  // So that the files of every page are in the browser's cache.
  await page.goto(`${system.url}/e/production/plans`);
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await page.addInitScript(`
    globalThis.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration);
    }).observe({ type: "longtask", buffered: true });
  `);

  const figures: PageFigures[] = [
    await watch(page, session, "an empty page", "/e/empty/plans", "Nothing has been deployed yet"),
  ];
  // Steps end one by one while the page is watched, and some not before its buttons were pressed.
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  agents.beforeResult(async ({ kind }) => {
    if (kind !== "probe") return true;
    if (Math.random() < 0.2) await released;
    else await sleep(Math.random() * 2 * watchedMs);
    return true;
  });
  const deploy = async (to: number): Promise<Plan> =>
    (
      await api.post<{ plan: Plan }>(`/api/container-images/${image.id}/deploy`, {
        ...{ imageDigestId: digests[to]?.id, parallelExecution: true, autoRollback: true },
      })
    ).plan;
  const plan = await deploy(1);
  const path = `/e/production/plans/${plan.id}`;
  figures.push(await watch(page, session, "a plan that runs", path, "Time line"));
  const pressed = [
    await press(page, "Pause", "Pause the plan", /^Paused/),
    await press(page, "Resume", "Resume the plan", /^Running/),
    await press(page, "Cancel", "Cancel the plan", /being cancelled/),
  ];
  release();
  agents.beforeResult(null);
  await page.getByText("Cancelled", { exact: true }).first().waitFor();
  figures.push(await watch(page, session, "a plan that has ended", path, "Receipt"));
  pressed.push(await press(page, "Roll back", /^Roll back/, /^(Rolling back|Rolled back)/));
  await page.getByText("Rolled back", { exact: true }).first().waitFor();

  printTable(`The page of a plan of ${scale.services} services on ${scale.servers} servers`, [
    [
      ...["page", "content", "longest task", "long tasks", "frames: median", "p95", "longest"],
      ...["elements", "answers", "messages", "each"],
    ],
    ...figures.map(rowOf),
  ]);
  console.log(`  Times in ms. Each was watched and scrolled for ${options.seconds} s.`);
  for (const { what, ms } of pressed) console.log(`  ${what}: shown after ${ms.toFixed(0)} ms`);
  console.log(`  Complaints: ${console_.complaints.length}`);
  for (const complaint of console_.complaints.slice(0, 5)) console.log(`    ${complaint}`);
  writeFigures("plan-page", { scale, figures, pressed });
} catch (error) {
  console.error(system.output().slice(-3000));
  throw error;
} finally {
  leave();
  await console_?.close();
  await system.remove();
  await registry.remove();
}

/** Opens a page, waits for its content, and scrolls it up and down for a while. */
async function watch(
  page: Page,
  session: CDPSession,
  what: string,
  path: string,
  content: string,
): Promise<PageFigures> {
  const taken = countBytes(session);
  await page.goto("about:blank");
  const began = performance.now();
  await page.goto(system.url + path, { waitUntil: "commit" });
  await page.getByText(content, { exact: true }).first().waitFor();
  const there = performance.now() - began;
  const frames = await page.evaluate<number[]>(scrolling(watchedMs));
  const tasks = await page.evaluate<number[]>("longTasks");
  const elements = await page.evaluate<number>("document.querySelectorAll('*').length");
  const sorted = frames.toSorted((a, b) => a - b);
  const part = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  const row: PageFigures = {
    ...{ what, content: there, elements, ...taken() },
    longest: Math.max(0, ...tasks),
    blocked: tasks.reduce((sum, ms) => sum + ms, 0),
    frames: { median: part(0.5), p95: part(0.95), longest: part(1) },
  };
  console.log(rowOf(row).join("  "));
  return row;
}

/** The milliseconds between frames while the page goes down and up again. */
function scrolling(ms: number): string {
  return `new Promise((resolve) => {
  const gaps = [];
  const began = performance.now();
  let last = began;
  let way = 40;
  requestAnimationFrame(function frame(now) {
    gaps.push(now - last);
    last = now;
    const root = document.documentElement;
    if (scrollY <= 0) way = 40;
    if (scrollY + root.clientHeight >= root.scrollHeight - 1) way = -40;
    scrollBy(0, way);
    if (now - began < ${ms}) requestAnimationFrame(frame);
    else resolve(gaps.slice(1));
  });
})`;
}

/** Bytes and numbers of what the page gets from now on: answers as they are on the line, messages as they are. */
function countBytes(session: CDPSession): () => Pick<PageFigures, "answers" | "messages"> {
  const answers = { count: 0, bytes: 0 };
  const messages = { count: 0, bytes: 0 };
  const api = new Set<string>();
  const answered = ({ requestId, response }: { requestId: string; response: { url: string } }) => {
    if (response.url.includes("/api/")) api.add(requestId);
  };
  const loaded = ({ requestId, encodedDataLength }: Loaded) => {
    if (!api.has(requestId)) return;
    answers.count += 1;
    answers.bytes += encodedDataLength;
  };
  const told = ({ response }: { response: { payloadData: string } }) => {
    messages.count += 1;
    messages.bytes += response.payloadData.length;
  };
  session.on("Network.responseReceived", answered);
  session.on("Network.loadingFinished", loaded);
  session.on("Network.webSocketFrameReceived", told);
  return () => {
    session.off("Network.responseReceived", answered);
    session.off("Network.loadingFinished", loaded);
    session.off("Network.webSocketFrameReceived", told);
    return { answers, messages };
  };
}
interface Loaded {
  requestId: string;
  encodedDataLength: number;
}

/** Presses a button of the plan, confirms it where that is asked for, and waits until the page says it. */
async function press(
  page: Page,
  name: string,
  verb: string | RegExp,
  said: RegExp,
): Promise<{ what: string; ms: number }> {
  const began = performance.now();
  await page.getByRole("button", { name, exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await dialog.getByRole("button", { name: verb }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText(said).first().waitFor();
  return { what: name, ms: performance.now() - began };
}

function rowOf(one: PageFigures): string[] {
  const { answers, messages, frames } = one;
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  return [
    ...[one.what, one.content.toFixed(0), one.longest.toFixed(0), one.blocked.toFixed(0)],
    ...[frames.median, frames.p95, frames.longest].map((ms) => ms.toFixed(0)),
    ...[String(one.elements), `${answers.count}, ${kilobytes(answers.bytes)}`],
    `${messages.count}, ${kilobytes(messages.bytes)}`,
    messages.count === 0 ? "" : kilobytes(messages.bytes / messages.count),
  ];
}
