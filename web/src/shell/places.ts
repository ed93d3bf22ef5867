import Boxes from "@lucide/svelte/icons/boxes";
import CircleArrowUp from "@lucide/svelte/icons/circle-arrow-up";
import Gauge from "@lucide/svelte/icons/gauge";
import KeyRound from "@lucide/svelte/icons/key-round";
import Layers from "@lucide/svelte/icons/layers";
import Package from "@lucide/svelte/icons/package";
import ScrollText from "@lucide/svelte/icons/scroll-text";
import Server from "@lucide/svelte/icons/server";
import Settings from "@lucide/svelte/icons/settings";
import SlidersHorizontal from "@lucide/svelte/icons/sliders-horizontal";
import Stethoscope from "@lucide/svelte/icons/stethoscope";
import Users from "@lucide/svelte/icons/users";
import Warehouse from "@lucide/svelte/icons/warehouse";
import Webhook from "@lucide/svelte/icons/webhook";
import Workflow from "@lucide/svelte/icons/workflow";
import type { Component } from "svelte";
import { session } from "$lib/state/session.svelte.ts";

export interface Place {
  label: string;
  /** below the environment, unless `global` */
  path: string;
  icon: Component<{ class?: string; "aria-hidden"?: "true" }>;
  global?: boolean;
  /** only for administrators: of any environment, or of all of them */
  admin?: "somewhere" | "everywhere";
}

/** The sidebar, group by group; the order is the order of a working day. */
export const groups: { label: string | null; places: Place[] }[] = [
  { label: null, places: [{ label: "Overview", path: "", icon: Gauge }] },
  {
    label: "Orchestration",
    places: [
      { label: "Container Images", path: "images", icon: Package },
      { label: "Updates", path: "updates", icon: CircleArrowUp },
      { label: "Deployment Plans", path: "plans", icon: Workflow },
      { label: "Registries", path: "registries", icon: Warehouse },
    ],
  },
  {
    label: "Operations",
    places: [
      { label: "Servers", path: "servers", icon: Server },
      { label: "Services", path: "services", icon: Boxes },
    ],
  },
  {
    label: "Settings",
    places: [
      { label: "Operations", path: "operations", icon: SlidersHorizontal },
      { label: "Environments", path: "/settings/environments", icon: Layers, global: true },
      {
        label: "Webhooks",
        path: "/settings/webhooks",
        icon: Webhook,
        global: true,
        admin: "somewhere",
      },
    ],
  },
  {
    label: "Admin",
    places: [
      { label: "Users", path: "/settings/users", icon: Users, global: true, admin: "everywhere" },
      { label: "API Tokens", path: "/settings/tokens", icon: KeyRound, global: true },
      { label: "Audit", path: "/settings/audit", icon: ScrollText, global: true },
      {
        label: "Doctor",
        path: "/settings/doctor",
        icon: Stethoscope,
        global: true,
        admin: "everywhere",
      },
      { label: "System Settings", path: "/settings/system", icon: Settings, global: true },
    ],
  },
];

/** The four of the bar at the bottom of a phone. */
export const phonePlaces: readonly Place[] = [
  { label: "Overview", path: "", icon: Gauge },
  { label: "Images", path: "images", icon: Package },
  { label: "Plans", path: "plans", icon: Workflow },
  { label: "Services", path: "services", icon: Boxes },
];

/** Whether the user has anything to do there. */
export function isFor({ admin }: Place): boolean {
  if (admin === undefined) return true;
  return admin === "everywhere" ? session.may("admin", null) : session.maySomewhere("admin");
}
