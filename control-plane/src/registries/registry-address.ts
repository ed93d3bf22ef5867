import type { RegistryEndpoint } from "./endpoint.ts";
import type { RegistryType } from "./registry-type.ts";

/** Paths in the URL of a vendor's console or API that are often taken for its registry's. */
const notRegistries: Partial<Record<RegistryType, { path: RegExp; instead: string }>> = {
  gitea: {
    path: /(^|\/)-\/packages(\/|$)|^api(\/|$)/,
    instead:
      "an address of Gitea's console or API. Write the host alone, and the owner as the repository prefix",
  },
  artifactory: {
    path: /^(artifactory|ui)(\/|$)/,
    instead:
      "an address of Artifactory's console or API. Write the host that images are pulled from: the host alone with the repository key as the repository prefix, or a host or port that stands for one repository, as in https://docker-local.artifactory.example.com",
  },
  nexus: {
    path: /^(repository|service)(\/|$)/,
    instead:
      "an address of Nexus's console or API, from which images cannot be pulled. Write the host with the port of the repository's connector, as in https://nexus.example.com:8082, or, with path based routing, the host alone with the repository's name as the repository prefix",
  },
};

/** Whether a URL is one from which a registry of that type is not reached; a sentence, or null. */
export function mistakenAddress(
  type: RegistryType,
  { pathPrefix }: RegistryEndpoint,
): string | null {
  const known = notRegistries[type];
  if (known === undefined || !known.path.test(pathPrefix)) return null;
  return `/${pathPrefix} is ${known.instead}.`;
}
