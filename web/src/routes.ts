import type { Route } from "$lib/router/router.svelte.ts";

/** Every place of the console. Each page is loaded when it is first opened. */
export const routes: readonly Route[] = [
  { path: "/", load: () => import("./overview/Home.svelte") },
  { path: "/login", load: () => import("./login/Login.svelte"), bare: true },
  { path: "/e/:env", load: () => import("./overview/Overview.svelte") },
  { path: "/e/:env/images", load: () => import("./images/Images.svelte") },
  { path: "/e/:env/images/:id", load: () => import("./images/ImageDetail.svelte") },
  { path: "/e/:env/updates", load: () => import("./updates/Updates.svelte") },
  { path: "/e/:env/images/:id/compare", load: () => import("./images/CompareImages.svelte") },
  { path: "/e/:env/plans", load: () => import("./plans/Plans.svelte") },
  { path: "/e/:env/plans/:id", load: () => import("./plans/PlanDetail.svelte") },
  { path: "/e/:env/plans/:id/receipt", load: () => import("./plans/PlanReceipt.svelte") },
  { path: "/e/:env/servers", load: () => import("./servers/Servers.svelte") },
  { path: "/e/:env/servers/:id", load: () => import("./servers/ServerDetail.svelte") },
  { path: "/e/:env/services", load: () => import("./services/Services.svelte") },
  { path: "/e/:env/services/:id", load: () => import("./services/ServiceDetail.svelte") },
  { path: "/e/:env/projects/:name", load: () => import("./projects/Project.svelte") },
  { path: "/e/:env/registries", load: () => import("./registries/Registries.svelte") },
  { path: "/e/:env/operations", load: () => import("./settings/operations/Operations.svelte") },
  {
    path: "/settings/environments",
    load: () => import("./settings/environments/Environments.svelte"),
  },
  { path: "/settings/webhooks", load: () => import("./settings/webhooks/Webhooks.svelte") },
  { path: "/settings/users", load: () => import("./settings/users/Users.svelte") },
  { path: "/settings/tokens", load: () => import("./settings/tokens/Tokens.svelte") },
  { path: "/settings/audit", load: () => import("./audit/Audit.svelte") },
  { path: "/settings/doctor", load: () => import("./settings/doctor/Doctor.svelte") },
  { path: "/settings/system", load: () => import("./settings/system/System.svelte") },
  { path: "/cli-login", load: () => import("./login/CommandLineLogin.svelte") },
  { path: "/account", load: () => import("./settings/account/Account.svelte") },
];
