import type { RegistryType } from "$lib/api/model.ts";

/** What a kind of registry is called, where it is, and what it logs in with. */
export interface Kind {
  type: RegistryType;
  label: string;
  /** filled in when the kind is chosen; empty where everybody's is another */
  url: string;
  login: string;
  /** what its URL and its repository prefix are, where they are not what one expects */
  address?: string;
  /** the last part of the path of the webhook that it may tell of pushes */
  webhook?: string;
}

export const kinds: readonly Kind[] = [
  {
    type: "generic",
    label: "Any registry (distribution protocol)",
    url: "",
    login: "A user name and password, or a token; neither for a public registry.",
    webhook: "registry",
  },
  {
    type: "dockerhub",
    label: "Docker Hub",
    url: "https://registry-1.docker.io",
    login: "Your Docker ID and an access token. Without them the limits are low.",
    webhook: "dockerhub",
  },
  {
    type: "ghcr",
    label: "GitHub Container Registry",
    url: "https://ghcr.io",
    login: "A GitHub token with read:packages.",
    webhook: "github",
  },
  {
    type: "gitlab",
    label: "GitLab",
    url: "https://registry.gitlab.com",
    login: "A deploy token, or an access token with read_registry.",
    webhook: "gitlab",
  },
  {
    type: "digitalocean",
    label: "DigitalOcean",
    url: "https://registry.digitalocean.com",
    login: "An API token with read access.",
  },
  {
    type: "ecr",
    label: "Amazon ECR",
    url: "",
    login: "An access key id as user name and its secret as password.",
  },
  {
    type: "gcr",
    label: "Google Artifact Registry",
    url: "",
    login: "_json_key as user name and the service account's key as password.",
  },
  {
    type: "acr",
    label: "Azure Container Registry",
    url: "",
    login: "A service principal or a repository token.",
    webhook: "acr",
  },
  {
    type: "quay",
    label: "Quay",
    url: "https://quay.io",
    login: "A robot account and its token.",
    webhook: "quay",
  },
  {
    type: "harbor",
    label: "Harbor",
    url: "",
    login: "A robot account and its secret.",
    webhook: "harbor",
  },
  {
    type: "gitea",
    label: "Gitea or Forgejo",
    url: "",
    login: "Your user name, and an access token with read:package as password.",
    address:
      "The host that the console has. Images are called host/owner/image: the owner may be the repository prefix.",
    webhook: "gitea",
  },
  {
    type: "artifactory",
    label: "Artifactory",
    url: "",
    login: "Your user name, and an identity token or a password.",
    address:
      "Where images are called host/repository/image, the host alone, and the repository key as repository prefix; where a repository has a host or port of its own, that.",
    webhook: "artifactory",
  },
  {
    type: "nexus",
    label: "Nexus Repository",
    url: "",
    login: "A user name and password, or the name and the pass code of a user token.",
    address:
      "The host with the port of the repository's Docker connector, such as https://nexus.example.com:8082. With path based routing the host alone, and the repository's name as repository prefix.",
  },
];

export function kindLabel(type: RegistryType): string {
  return kinds.find((kind) => kind.type === type)?.label ?? type;
}
