import type { Route } from "$lib/router/router.svelte.ts";

/** Every place of the console. Each page is loaded when it is first opened. */
export const routes: readonly Route[] = [
  { path: "/", load: () => import("./pages/Home.svelte") },
  { path: "/login", load: () => import("./pages/login/Login.svelte"), bare: true },
  { path: "/e/:env", load: () => import("./pages/overview/Overview.svelte") },
  { path: "/e/:env/images", load: () => import("./pages/images/Images.svelte") },
  { path: "/e/:env/images/:id", load: () => import("./pages/images/ImageDetail.svelte") },
  { path: "/e/:env/plans", load: () => import("./pages/plans/Plans.svelte") },
  { path: "/e/:env/plans/:id", load: () => import("./pages/plans/PlanDetail.svelte") },
];
