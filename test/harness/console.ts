import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { waitLimitMs } from "./limit.ts";
import type { Site } from "./site.ts";

/** The console in a real browser, and what it complained of. */
export interface Console {
  browser: Browser;
  page: Page;
  /** Errors, warnings and uncaught exceptions of every page so far. */
  complaints: string[];
  /** Forgets complaints of this kind, such as the browser's own about an answer that was meant. */
  forget(kind: RegExp): void;
  /** Opens a path and waits until its page shows what it has to show. */
  open(path: string, on?: Page): Promise<void>;
  /** A window of another user, logged in. */
  window(who: { email: string; password: string }, width?: number): Promise<Page>;
  close(): Promise<void>;
}

/**
 * Starts Chromium for a site; no user is logged in yet.
 * @param others loopback addresses that it can reach as well
 */
export async function openConsole(
  site: Pick<Site, "system">,
  ...others: string[]
): Promise<Console> {
  const { url } = site.system;
  const browser = await launchBrowser(url, ...others);
  const complaints: string[] = [];
  const contextOf = async (width: number): Promise<BrowserContext> => {
    const context = await browser.newContext({
      viewport: { width, height: width < 500 ? 740 : 900 },
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(waitLimitMs);
    context.on("weberror", (error) => complaints.push(String(error.error())));
    context.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      complaints.push(`${message.page()?.url()}: ${message.text()}`);
    });
    return context;
  };
  const page = await (await contextOf(1280)).newPage();
  return {
    browser,
    page,
    complaints,
    forget(kind) {
      const left = complaints.filter((text) => !kind.test(text));
      complaints.splice(0, complaints.length, ...left);
    },
    async open(path, on = page) {
      await on.goto(url + path);
      await settled(on);
    },
    async window(who, width = 1280) {
      const other = await (await contextOf(width)).newPage();
      await other.goto(`${url}/login`);
      await logIn(other, who);
      return other;
    },
    close: () => browser.close(),
  };
}

/** Fills the form of the login page in and waits until it has let us in. */
export async function logIn(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.getByLabel("E-mail address").fill(who.email);
  await page.getByLabel("Password").fill(who.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await settled(page);
}

/** Waits until the page is there and nothing of it is still loading; fails if a part could not load. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.locator("main .shimmer").first().waitFor({ state: "detached" });
  const refused = page.locator("main [role=alert]");
  if ((await refused.count()) > 0) {
    throw new Error(`${page.url()} shows: ${(await refused.allInnerTexts()).join("\n")}`);
  }
}

const guidelines = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/**
 * What axe finds in the page as it is, of serious or critical impact.
 * @param rules only these; all if not given
 */
export async function seriousFindings(page: Page, rules?: string[]): Promise<string[]> {
  // Everything is of one origin: axe need not open a second page to put its results together.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  axe.options({ resultTypes: ["violations"] });
  const { violations } = await (rules ? axe.withRules(rules) : axe.withTags(guidelines)).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 300)}`));
}

/** By how many pixels the page can be scrolled sideways. */
export function sidewaysScroll(page: Page): Promise<number> {
  const root = "document.documentElement";
  return page.evaluate<number>(`Math.max(0, ${root}.scrollWidth - ${root}.clientWidth)`);
}

/** Presses Tab until one of `target` has the focus, as a user without a mouse would. */
export async function tabTo(page: Page, target: Locator, most = 60): Promise<void> {
  await target.first().waitFor();
  for (let pressed = 0; pressed < most; pressed += 1) {
    if ((await target.and(page.locator(":focus")).count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Not reached by ${most} presses of Tab: ${target}`);
}
