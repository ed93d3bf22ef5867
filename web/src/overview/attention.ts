import type {
  AgentAuthorityState,
  Image,
  Plan,
  Registry,
  Server,
  Service,
} from "$lib/api/model.ts";
import { list } from "$lib/wording/wording.ts";

/** Something that a person should look at. */
export interface Concern {
  id: string;
  tone: "bad" | "warn" | "info";
  title: string;
  detail: string;
  /** below the environment, such as `services?status=unhealthy`; from the root with a slash in front */
  place: string;
}

export interface World {
  /** newest first */
  plans: readonly Plan[];
  servers: readonly Server[];
  services: readonly Service[];
  images: readonly Image[];
  registries: readonly Registry[];
  /** of the agents; null: the user may not see it */
  authority: Pick<AgentAuthorityState["current"], "expiresAt" | "expiresSoon"> | null;
}

/** What needs attention, the most urgent first; what belongs together is one entry. */
export function concerns(
  { plans, servers, services, images, registries, authority }: World,
  now = Date.now(),
): Concern[] {
  const unread = registries.filter(({ lastError }) => lastError !== null);
  const unreadIds = new Set<string | null>(unread.map(({ id }) => id));
  const found = [
    ...failedPlans(plans),
    ...grouped(
      plans.filter(({ status }) => status === "waiting_for_approval"),
      {
        id: "approval",
        tone: "warn",
        says: ["waits for approval", "plans wait for approval"],
        place: ["plans/", "plans?status=waiting_for_approval"],
      },
    ),
    ...grouped(
      plans
        .filter(({ status }) => status === "paused")
        .map((plan) => ({ ...plan, about: plan.pausedReason ?? "" })),
      {
        id: "paused",
        tone: "warn",
        says: ["is paused: it waits for a person", "plans are paused: they wait for people"],
        place: ["plans/", "plans?status=paused"],
      },
    ),
    ...grouped(
      servers.filter(({ revokedAt }) => revokedAt !== null),
      {
        id: "revoked",
        tone: "warn",
        says: ["lets no agent in: its certificates are revoked", "servers let no agent in"],
        place: ["servers/", "servers?status=offline"],
      },
    ),
    ...grouped(
      servers.filter(({ status, revokedAt }) => status === "offline" && revokedAt === null),
      {
        id: "offline",
        tone: "bad",
        says: ["is offline: its agent is not connected", "servers are offline"],
        place: ["servers/", "servers?status=offline"],
      },
    ),
    ...servers.flatMap(engineGone),
    ...authorityEnds(authority, now),
    ...certificatesEnd(servers, now),
    ...troubles.flatMap(({ status, tone, says }) =>
      grouped(
        services.filter((service) => service.status === status),
        { id: status, tone, says, place: ["services/", `services?status=${status}`] },
      ),
    ),
    ...grouped(
      services.filter(({ drift }) => drift !== null),
      {
        id: "drift",
        tone: "warn",
        says: [
          "runs something else than was deployed",
          "services run something else than was deployed",
        ],
        place: ["services/", "services?drift=yes"],
      },
    ),
    ...unread.map(registryUnread),
    // An image's own failure is news only if its whole registry is not the reason.
    ...grouped(
      images.filter(
        ({ lastError, registryConnectionId }) =>
          lastError !== null && !unreadIds.has(registryConnectionId),
      ),
      {
        id: "sync",
        tone: "warn",
        says: ["could not be checked for updates", "images could not be checked for updates"],
        place: ["images/", "images?show=errors"],
      },
    ),
    ...grouped(
      images.filter(({ updateReason }) => updateReason === "quarantined"),
      {
        id: "quarantined",
        tone: "warn",
        says: [
          "has a newer version that failed here; it is left alone",
          "images have newer versions that failed here; they are left alone",
        ],
        place: ["images/", "images?show=quarantined"],
      },
    ),
    ...grouped(
      images
        .filter(({ updateAvailable }) => updateAvailable)
        .map((image) => ({ ...image, about: image.update?.bestTag ?? "" })),
      {
        id: "updates",
        tone: "info",
        says: ["has an update", "images have updates"],
        place: ["images/", "updates"],
      },
    ),
    ...grouped(
      servers.filter(({ status }) => status === "pending"),
      {
        id: "pending",
        tone: "info",
        says: ["waits for its agent to connect", "servers wait for their agents to connect"],
        place: ["servers/", "servers?status=pending"],
      },
    ),
  ];
  const urgency = ["bad", "warn", "info"];
  return found.sort((a, b) => urgency.indexOf(a.tone) - urgency.indexOf(b.tone));
}

const troubles = [
  { status: "unhealthy", tone: "bad", says: ["is unhealthy", "services are unhealthy"] },
  {
    status: "restarting",
    tone: "bad",
    says: ["restarts again and again", "services restart again and again"],
  },
  { status: "failed", tone: "bad", says: ["ended with an error", "services ended with an error"] },
  {
    status: "missing",
    tone: "warn",
    says: ["has lost its container", "services have lost their containers"],
  },
] as const;

/** Plans that went wrong, unless later ones of the same images put it right. */
function failedPlans(plans: readonly Plan[]): Concern[] {
  const settled = new Set<string>();
  const found: Concern[] = [];
  for (const plan of plans) {
    const images = plan.targets.map((target) => target.containerImageId ?? target.imageName);
    if (images.every((image) => settled.has(image))) continue;
    const failedOne = plan.status === "failed" || plan.status === "rolled_back";
    if (failedOne || plan.status === "completed") for (const image of images) settled.add(image);
    if (!failedOne) continue;
    const failed = plan.status === "failed";
    found.push({
      id: plan.id,
      tone: failed ? "bad" : "warn",
      title: failed ? `The deployment of ${plan.name} failed` : `${plan.name} was rolled back`,
      detail: plan.error ?? `To ${list(plan.services.map(({ name }) => name))}`,
      place: `plans/${plan.id}`,
    });
  }
  return found;
}

function engineGone({ id, name, status, engineError }: Server): Concern[] {
  if (status !== "online" || engineError === null) return [];
  return [
    {
      id: `engine-${id}`,
      tone: "bad",
      title: `The Docker Engine on ${name} does not answer`,
      detail: engineError,
      place: `servers/${id}`,
    },
  ];
}

/** Agents renew at half of a year: a certificate that is this old was not renewed. */
const certificateSoonMs = 60 * 86_400_000;

function certificatesEnd(servers: readonly Server[], now: number): Concern[] {
  const ending = servers.filter(
    ({ certificateExpiresAt, revokedAt, status }) =>
      certificateExpiresAt !== null &&
      revokedAt === null &&
      status !== "pending" &&
      Date.parse(certificateExpiresAt) - now < certificateSoonMs,
  );
  const first = ending.map(({ certificateExpiresAt }) => certificateExpiresAt ?? "").sort()[0];
  return grouped(
    ending.map((server) => ({
      ...server,
      about: `On ${day(first)}. Without a new one its agent cannot connect.`,
    })),
    {
      id: "certificate",
      tone: "warn",
      says: [
        "has an agent whose certificate expires soon",
        "servers have agents whose certificates expire soon",
      ],
      place: ["servers/", "servers"],
    },
  );
}

function authorityEnds(authority: World["authority"], now: number): Concern[] {
  if (!authority?.expiresSoon) return [];
  const ended = Date.parse(authority.expiresAt) <= now;
  return [
    {
      id: "authority",
      tone: ended ? "bad" : "warn",
      title: ended
        ? "The certificate authority of the agents has expired"
        : "The certificate authority of the agents expires within a year",
      detail: `On ${day(authority.expiresAt)}. Replace it in the system settings: without it no agent can connect.`,
      place: "/settings/system",
    },
  ];
}

const day = (at = "") => at.slice(0, 10);

function registryUnread({ id, name, lastError }: Registry): Concern {
  return {
    id: `registry-${id}`,
    tone: "warn",
    title: `The registry ${name} cannot be read`,
    detail: lastError ?? "",
    place: `registries?q=${encodeURIComponent(name)}`,
  };
}

interface Group {
  id: string;
  tone: Concern["tone"];
  /** after the name of one, after the number of several */
  says: readonly [one: string, several: string];
  /** before the id of one; the list that shows several */
  place: readonly [one: string, several: string];
}

interface Named {
  id: string;
  name: string;
  server?: { name: string };
  /** where it stands alone */
  about?: string;
}

function grouped(rows: readonly Named[], { id, tone, says, place }: Group): Concern[] {
  const [first] = rows;
  if (first === undefined) return [];
  const name = ({ name: own, server }: Named) => (server ? `${own} on ${server.name}` : own);
  if (rows.length === 1) {
    return [
      {
        id,
        tone,
        title: `${name(first)} ${says[0]}`,
        detail: first.about ?? "",
        place: place[0] + first.id,
      },
    ];
  }
  return [
    {
      id,
      tone,
      title: `${rows.length} ${says[1]}`,
      detail: list(rows.map(name), 4),
      place: place[1],
    },
  ];
}
