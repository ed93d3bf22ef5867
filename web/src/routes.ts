import type { Route } from "$lib/router/router.svelte.ts";

/** Every place of the console. Each page is loaded when it is first opened. */
export const routes: readonly Route[] = [
  { path: "/", load: () => import("./pages/Home.svelte") },
  { path: "/login", load: () => import("./pages/login/Login.svelte"), bare: true },
  { path: "/e/:env", load: () => import("./pages/overview/Overview.svelte") },
  { path: "/e/:env/images", load: () => import("./pages/images/Images.svelte") },
  { path: "/e/:env/images/:id", load: () => import("./pages/images/ImageDetail.svelte") },
  { path: "/e/:env/updates", load: () => import("./pages/updates/Updates.svelte") },
  { path: "/e/:env/images/:id/compare", load: () => import("./pages/images/CompareImages.svelte") },
  { path: "/e/:env/plans", load: () => import("./pages/plans/Plans.svelte") },
  { path: "/e/:env/plans/:id", load: () => import("./pages/plans/PlanDetail.svelte") },
  { path: "/e/:env/servers", load: () => import("./pages/servers/Servers.svelte") },
  { path: "/e/:env/servers/:id", load: () => import("./pages/servers/ServerDetail.svelte") },
  { path: "/e/:env/services", load: () => import("./pages/services/Services.svelte") },
  { path: "/e/:env/services/:id", load: () => import("./pages/services/ServiceDetail.svelte") },
  { path: "/e/:env/projects/:name", load: () => import("./pages/projects/Project.svelte") },
  { path: "/e/:env/registries", load: () => import("./pages/registries/Registries.svelte") },
  { path: "/e/:env/operations", load: () => import("./pages/settings/Operations.svelte") },
  { path: "/settings/environments", load: () => import("./pages/settings/Environments.svelte") },
  { path: "/settings/webhooks", load: () => import("./pages/settings/Webhooks.svelte") },
  { path: "/settings/users", load: () => import("./pages/settings/Users.svelte") },
  { path: "/settings/tokens", load: () => import("./pages/settings/Tokens.svelte") },
  { path: "/settings/audit", load: () => import("./pages/settings/Audit.svelte") },
  { path: "/settings/doctor", load: () => import("./pages/settings/Doctor.svelte") },
  { path: "/settings/system", load: () => import("./pages/settings/System.svelte") },
  { path: "/account", load: () => import("./pages/settings/Account.svelte") },
];
