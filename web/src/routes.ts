import type { Route } from "$lib/router/router.svelte.ts";

/** Every place of the console. Each page is loaded when it is first opened. */
export const routes: readonly Route[] = [
  { path: "/", load: () => import("./pages/Home.svelte") },
  { path: "/login", load: () => import("./pages/login/Login.svelte"), bare: true },
  { path: "/e/:env", load: () => import("./pages/overview/Overview.svelte") },
];
