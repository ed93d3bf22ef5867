import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Logger } from "pino";
import type { PushSecrets } from "./config.ts";
import type { Database } from "./database/connection.ts";
import { type DoctorParts, doctorRoutes } from "./doctor/doctor.routes.ts";
import { processRoutes } from "./doctor/process.routes.ts";
import { environmentsRoutes } from "./environments/environments.routes.ts";
import { freezeRoutes } from "./environments/freeze.routes.ts";
import { systemSettingsRoutes } from "./environments/system-settings.routes.ts";
import { imageHooksRoutes } from "./hooks/image-hooks.routes.ts";
import { pruneImagesRoutes } from "./housekeeping/prune-images.routes.ts";
import type { AppEnv } from "./http/routes.ts";
import { auditRoutes } from "./identity/audit.routes.ts";
import { authRoutes } from "./identity/auth.routes.ts";
import { oidcRoutes } from "./identity/oidc.routes.ts";
import type { IdentityProvider } from "./identity/oidc-provider.ts";
import { passkeyLoginRoutes } from "./identity/passkey-login.routes.ts";
import { passkeysRoutes } from "./identity/passkeys.routes.ts";
import { sessionsRoutes } from "./identity/sessions.routes.ts";
import { tokensRoutes } from "./identity/tokens.routes.ts";
import { totpRoutes } from "./identity/totp.routes.ts";
import { usersRoutes } from "./identity/users.routes.ts";
import { imageContentRoutes } from "./images/image-content.routes.ts";
import { imageJobRoutes } from "./images/image-job.routes.ts";
import { imageUpdatesRoutes } from "./images/image-updates.routes.ts";
import { imagesRoutes } from "./images/images.routes.ts";
import { registryBrowseRoutes } from "./images/registry-browse.routes.ts";
import type { ImageSources } from "./images/sources.ts";
import { commandLineRoutes } from "./installation/command-line.routes.ts";
import { installationRoutes } from "./installation/installation.routes.ts";
import type { PackageState } from "./installation/read-package.ts";
import { containersRoutes } from "./inventory/containers.routes.ts";
import { discoverRoutes } from "./inventory/discover.routes.ts";
import { notificationsRoutes } from "./notifications/notifications.routes.ts";
import { dryRunWith } from "./plans/dry-run.ts";
import { planActionsRoutes } from "./plans/plan-actions.routes.ts";
import { plansRoutes } from "./plans/plans.routes.ts";
import type { PlanChanges } from "./plans/watch.ts";
import { promoteRoutes } from "./promotions/promote.routes.ts";
import { receiptKeysRoutes } from "./receipts/receipt-keys.routes.ts";
import type { RegistryConnections } from "./registries/connections.ts";
import { registriesRoutes } from "./registries/registries.routes.ts";
import type { Secrets } from "./secrets.ts";
import { agentAuthorityRoutes } from "./servers/agent-authority.routes.ts";
import type { Authority } from "./servers/certificate-authority.ts";
import { enrolmentRoutes } from "./servers/enrolment.routes.ts";
import { revokeRoutes } from "./servers/revoke.routes.ts";
import { serversRoutes } from "./servers/servers.routes.ts";
import { upgradeAgentsRoutes } from "./servers/upgrade-agents.routes.ts";
import { dependenciesRoutes } from "./services/dependencies.routes.ts";
import { revealValuesRoutes } from "./services/reveal-values.routes.ts";
import { serviceActionsRoutes } from "./services/service-actions.routes.ts";
import { servicesRoutes } from "./services/services.routes.ts";
import { signaturesRoutes } from "./signatures/signatures.routes.ts";
import { autoUpdateRoutes } from "./updates/auto-update.routes.ts";
import { updatesRoutes } from "./updates/updates.routes.ts";
import { version } from "./version.ts";
import type { Sender } from "./webhooks/send.ts";
import { webhooksRoutes } from "./webhooks/webhooks.routes.ts";

/** What the API's subjects work with. */
export interface ApiParts {
  database: Database;
  secrets: Secrets;
  authority: Authority;
  connections: RegistryConnections;
  images: ImageSources;
  /** what sends test events; default: one of its own */
  sender?: Sender;
  changes: PlanChanges;
  log: Logger;
  publicUrl: string;
  secureCookie: boolean;
  /** none or null: users log in with passwords only */
  identityProvider?: IdentityProvider | null;
  webhookSecret: string | null;
  pushSecrets: PushSecrets;
  agentAddress: () => string;
  /** the agent that servers install, or why there is none */
  agentPackage: () => PackageState;
  /** the command line as one file, or why there is none */
  commandLinePackage: () => PackageState;
  /** path of install.sh */
  installScript: string;
  resolveTag: (imageId: string, tag: string) => Promise<string>;
  heapSnapshots: boolean;
  agentsConnected: () => number;
  doctor: Pick<DoctorParts, "schema" | "dataDir" | "tls" | "publicUrl" | "version">;
}

/** Every subject's routes. */
export function apiRoutes(parts: ApiParts): OpenAPIHono<AppEnv>[] {
  return [
    authRoutes(parts),
    oidcRoutes(parts),
    usersRoutes(parts),
    sessionsRoutes(parts),
    totpRoutes(parts),
    passkeysRoutes(parts),
    passkeyLoginRoutes(parts),
    tokensRoutes(parts),
    auditRoutes(parts),
    environmentsRoutes(parts),
    freezeRoutes(parts),
    systemSettingsRoutes(parts),
    doctorRoutes({ ...parts, ...parts.doctor }),
    processRoutes({ ...parts, version }),
    serversRoutes(parts),
    revokeRoutes(parts),
    upgradeAgentsRoutes({ ...parts, version }),
    discoverRoutes(parts),
    pruneImagesRoutes(parts),
    containersRoutes(parts),
    enrolmentRoutes(parts),
    installationRoutes({ ...parts, version, sign: (text) => parts.authority.sign(text) }),
    commandLineRoutes({ ...parts, version }),
    agentAuthorityRoutes(parts),
    registriesRoutes(parts),
    registryBrowseRoutes(parts),
    imagesRoutes(parts),
    imageJobRoutes(parts),
    imageHooksRoutes(parts),
    imageUpdatesRoutes(parts),
    imageContentRoutes(parts),
    servicesRoutes(parts),
    serviceActionsRoutes(parts),
    revealValuesRoutes(parts),
    dependenciesRoutes(parts),
    autoUpdateRoutes(parts),
    updatesRoutes(parts),
    webhooksRoutes(parts),
    notificationsRoutes(parts),
    signaturesRoutes(parts),
    receiptKeysRoutes(parts),
    promoteRoutes(parts),
    plansRoutes({
      ...parts,
      dryRun: dryRunWith(parts),
    }),
    planActionsRoutes(parts),
  ];
}
