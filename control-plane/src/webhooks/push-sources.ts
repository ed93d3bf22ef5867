import type { PushVendor } from "../config.ts";
import { firstOf, inBody, inHeader, ofEvents, type ReadDeliveryId } from "./delivery-id.ts";
import { readGithubEvent } from "./github-event.ts";
import type { Proof } from "./proof.ts";
import type { PushEvent } from "./push-event.ts";
import { readRegistryEvents } from "./registry-event.ts";
import { deliveryHeader } from "./signed-time.ts";
import {
  readArtifactoryEvent,
  readAzureEvent,
  readDockerHubEvent,
  readGiteaEvent,
  readGitlabEvent,
  readHarborEvent,
  readQuayEvent,
} from "./vendor-events.ts";

/** Who tells of pushes, by the last part of the path. */
export type PushSourceName = PushVendor | "registry";

/** A sender of push notifications: how it proves itself, and how what it sends is read. */
export interface PushSource {
  /** the environment variable with its secret */
  variable: string;
  /** What it can really send. One of them is enough. */
  proofs: Proof[];
  /** Where the secret is not set: `off` says so with a 403, `refused` is a 401 like any other. */
  withoutSecret: "off" | "refused";
  summary: string;
  description: string;
  read: (body: unknown, header: (name: string) => string | undefined) => PushEvent;
  /** Where it names a delivery, which stays the same when it sends that one again; default: nowhere. */
  deliveryId?: ReadDeliveryId;
}

const checks =
  "Images of just that repository, in every environment, are checked at once; what pushes nothing is answered with 200.";

/** A vendor whose secret is in the variable that has its name. */
function vendor(
  name: PushVendor,
  source: Pick<PushSource, "proofs" | "summary" | "description" | "read"> & Partial<PushSource>,
): PushSource {
  return {
    variable: `${name.toUpperCase()}_WEBHOOK_SECRET`,
    withoutSecret: "refused",
    ...source,
    description: `${source.description} ${checks}`,
  };
}

export const pushSources: Record<PushSourceName, PushSource> = {
  github: vendor("github", {
    proofs: [{ kind: "signature", header: "X-Hub-Signature-256" }],
    withoutSecret: "off",
    summary: "GitHub: a package was published",
    description:
      "For GitHub's events `package` and `registry_package`; images with auto-update on are updated as their policy allows.",
    read: (body, header) => readGithubEvent(header("X-GitHub-Event"), body),
    deliveryId: inHeader("X-GitHub-Delivery"),
  }),
  registry: {
    variable: "WEBHOOK_SECRET",
    proofs: [{ kind: "bearer" }, { kind: "timed_signature", header: "X-Webhook-Signature" }],
    withoutSecret: "off",
    summary: "A registry: something was pushed",
    description: `Takes the notification envelope of the distribution project's registry, which cannot sign: put the header into \`headers\` of its notification endpoint. Deletions count like pushes. ${checks}`,
    read: (body) => readRegistryEvents(body),
    deliveryId: firstOf(inHeader(deliveryHeader), ofEvents),
  },
  dockerhub: vendor("dockerhub", {
    proofs: [{ kind: "query" }],
    summary: "Docker Hub: a tag was pushed",
    description: "Docker Hub can be given a URL and nothing else, so the secret is a part of it.",
    read: readDockerHubEvent,
  }),
  harbor: vendor("harbor", {
    proofs: [{ kind: "secret", header: "Authorization" }],
    summary: "Harbor: an artifact was pushed",
    description:
      "For the event *Artifact pushed* in both payload formats; the secret is the webhook's *Auth Header*.",
    read: readHarborEvent,
    // Of CloudEvents; its own format has none.
    deliveryId: inBody,
  }),
  quay: vendor("quay", {
    proofs: [{ kind: "query" }],
    summary: "Quay: a repository was pushed to",
    description:
      "For the notification *Push to Repository* by *Webhook POST*, which can be given a URL and nothing else.",
    read: readQuayEvent,
  }),
  acr: vendor("acr", {
    proofs: [{ kind: "secret", header: "Authorization" }],
    summary: "Azure Container Registry: an image was pushed",
    description: "For the action `push`; the secret goes into the webhook's custom headers.",
    read: readAzureEvent,
    deliveryId: inBody,
  }),
  gitlab: vendor("gitlab", {
    proofs: [
      { kind: "secret", header: "X-Gitlab-Token" },
      { kind: "secret", header: "Authorization" },
    ],
    summary: "GitLab: an image was pushed to its container registry",
    description:
      "Takes the notifications of GitLab's registry (`registry['notifications']` in gitlab.rb).",
    read: readGitlabEvent,
    deliveryId: firstOf(inHeader("X-Gitlab-Event-UUID"), ofEvents),
  }),
  gitea: vendor("gitea", {
    proofs: [{ kind: "signature", header: "X-Gitea-Signature" }],
    summary: "Gitea or Forgejo: a container was published",
    description: "For the event *Package* of a webhook with a secret.",
    read: (body, header) => readGiteaEvent(header("X-Gitea-Event"), body),
    deliveryId: inHeader("X-Gitea-Delivery", "X-Forgejo-Delivery"),
  }),
  artifactory: vendor("artifactory", {
    proofs: [
      { kind: "signature", header: "X-JFrog-Event-Auth" },
      { kind: "secret", header: "X-JFrog-Event-Auth" },
    ],
    summary: "Artifactory: a tag was pushed",
    description:
      "For the event *Docker tag was pushed* of a webhook with a secret token, used for signing or not.",
    read: readArtifactoryEvent,
  }),
};

export const pushSourceNames = Object.keys(pushSources) as PushSourceName[];
