import type { RegistryType } from "../registry-type.ts";
import { artifactoryDialect } from "./artifactory.ts";
import { azureDialect } from "./azure.ts";
import type { Dialect } from "./dialect.ts";
import { digitaloceanDialect } from "./digitalocean.ts";
import { dockerHubDialect } from "./docker-hub.ts";
import { ecrDialect } from "./ecr.ts";
import { ghcrDialect } from "./ghcr.ts";
import { gitlabDialect } from "./gitlab.ts";
import { googleDialect } from "./google.ts";
import { harborDialect } from "./harbor.ts";
import { quayDialect } from "./quay.ts";

export type Dialects = Record<RegistryType, Dialect>;

/** What each kind of registry can do beyond the protocol. */
export function allDialects(): Dialects {
  return {
    generic: {},
    dockerhub: dockerHubDialect(),
    ghcr: ghcrDialect(),
    gitlab: gitlabDialect(),
    digitalocean: digitaloceanDialect(),
    ecr: ecrDialect(),
    gcr: googleDialect(),
    acr: azureDialect(),
    quay: quayDialect(),
    harbor: harborDialect(),
    gitea: {},
    artifactory: artifactoryDialect(),
    nexus: {},
  };
}
