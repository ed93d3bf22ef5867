import { type Component, tick, untrack } from "svelte";
import { findRoute, withQuery } from "./match.ts";

export interface Route {
  path: string;
  load: () => Promise<{ default: Component }>;
  /** shown without the sidebar */
  bare?: boolean;
}

type Page = { kind: "page"; component: Component; bare: boolean } | { kind: "missing" };

/**
 * Which page is shown, for which URL. Pages are loaded when they are first needed and the
 * old one stays until the new one is there. Paths and queries are texts and stay texts
 * (a tag `1.10` is not a number); links are followed in place unless a modifier key asks
 * for a new tab; going back restores how far the page was scrolled.
 */
class Router {
  /** The URL as it is now; the query changes without a new page. */
  url = $state.raw(new URL(location.href));
  params = $state.raw<Record<string, string>>({});
  page = $state.raw<Page | null>(null);
  /** the path whose page is shown; while the next one loads, `url` is ahead of it */
  shownPath = $state("");
  loading = $state(false);
  /** the code of a page could not be loaded */
  failure = $state.raw<unknown>(null);

  #routes: readonly Route[] = [];
  #navigation = 0;

  start(routes: readonly Route[]): void {
    this.#routes = routes;
    history.scrollRestoration = "manual";
    addEventListener("popstate", () => {
      this.url = new URL(location.href);
      void this.#show(scrollOf(history.state));
    });
    document.addEventListener("click", (event) => this.#follow(event));
    void this.#show(scrollOf(history.state));
  }

  /** A parameter of the query; empty if it is not there. */
  query(name: string): string {
    return this.url.searchParams.get(name) ?? "";
  }

  /** Changes the query in place; filters do not fill the history. */
  setQuery(changes: Record<string, string | number | null | undefined>, keep = false): void {
    const search = withQuery(this.url.search, changes);
    if (search === this.url.search) return;
    this.#write(`${this.url.pathname}${search}${this.url.hash}`, !keep);
  }

  /** Goes to a path of the console. */
  async go(href: string, { replace = false }: { replace?: boolean } = {}): Promise<void> {
    // An effect may redirect; it must not run again because the address changed.
    await untrack(() => {
      const samePath = new URL(href, location.href).pathname === this.url.pathname;
      this.#write(href, replace);
      return this.#show(samePath ? null : { x: 0, y: 0 });
    });
  }

  /** The current address with another query, for links that set a filter or a tab. */
  hrefWith(changes: Record<string, string | number | null | undefined>): string {
    return `${this.url.pathname}${withQuery(this.url.search, changes)}`;
  }

  #write(href: string, replace: boolean): void {
    history.replaceState({ scroll: { x: scrollX, y: scrollY } }, "");
    if (replace) history.replaceState(null, "", href);
    else history.pushState(null, "", href);
    this.url = new URL(location.href);
  }

  async #show(scroll: { x: number; y: number } | null): Promise<void> {
    this.#navigation += 1;
    const navigation = this.#navigation;
    const { pathname } = this.url;
    if (pathname !== this.shownPath || this.page === null) {
      const found = findRoute(this.#routes, pathname);
      this.loading = true;
      let page: Page = { kind: "missing" };
      try {
        if (found) {
          const loaded = await loadPage(found.route);
          page = { kind: "page", component: loaded.default, bare: found.route.bare ?? false };
        }
        if (navigation !== this.#navigation) return;
        this.failure = null;
      } catch (error) {
        if (navigation !== this.#navigation) return;
        this.failure = error;
      }
      this.loading = false;
      const first = this.page === null;
      this.params = found?.params ?? {};
      this.page = page;
      this.shownPath = pathname;
      await tick();
      // A screen reader hears the new page's heading; nothing else takes the focus on a new page.
      if (!first) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    }
    if (scroll) scrollTo(scroll.x, scroll.y);
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = event.target instanceof Element ? event.target.closest("a") : null;
    const href = anchor?.getAttribute("href");
    if (!anchor || !href || href.startsWith("#")) return;
    if (anchor.hasAttribute("download") || (anchor.target && anchor.target !== "_self")) return;
    const url = new URL(anchor.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
    event.preventDefault();
    void this.go(url.pathname + url.search + url.hash, {
      replace: anchor.dataset.replace !== undefined,
    });
  }
}

/** A network that changes under a request breaks it off: a page's code is asked for twice. */
async function loadPage(route: Route): ReturnType<Route["load"]> {
  try {
    return await route.load();
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 600));
    return route.load();
  }
}

function scrollOf(state: unknown): { x: number; y: number } {
  if (typeof state === "object" && state !== null && "scroll" in state) {
    const { scroll } = state as { scroll: { x: number; y: number } };
    return { x: Number(scroll.x) || 0, y: Number(scroll.y) || 0 };
  }
  return { x: 0, y: 0 };
}

export const router = new Router();
