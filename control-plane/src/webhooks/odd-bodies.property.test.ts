import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readGithubEvent } from "./github-event.ts";
import type { PushEvent } from "./push-event.ts";
import { pathsToLookAt } from "./pushed-images.ts";
import { readRegistryEvents } from "./registry-event.ts";
import {
  readArtifactoryEvent,
  readAzureEvent,
  readDockerHubEvent,
  readGiteaEvent,
  readGitlabEvent,
  readHarborEvent,
  readQuayEvent,
} from "./vendor-events.ts";

/*
 * A body of a webhook that is signed may still hold anything. Each reader answers with an event or a
 * sentence, and what it names can be looked for. fast-check prints the seed of a case that fails.
 */

const names = fc.constantFrom(
  ...["events", "action", "target", "request", "host", "url", "repository", "tag", "mediaType"],
  ...[
    "repo_name",
    "push_data",
    "type",
    "event_data",
    "resources",
    "resource_url",
    "digest",
    "name",
  ],
  ...[
    "docker_url",
    "updated_tags",
    "package",
    "registry_package",
    "package_version",
    "container_metadata",
  ],
  ...["domain", "event_type", "data", "repo_key", "path", "image_name", "__proto__", "constructor"],
);
const words = fc.constantFrom(
  ...["push", "delete", "published", "pushed", "docker", "PUSH_ARTIFACT", "container", "created"],
  ...[
    "https://registry.test/v2/app",
    "registry.test/app:v1",
    "//",
    "a/b/c/d",
    "",
    "\u0000",
    "latest",
  ],
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    words,
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(names, tie("value")),
})).value;

const readers: [string, (body: unknown) => PushEvent][] = [
  ["GitHub", (body) => readGithubEvent("package", body)],
  ["GitHub's registry", (body) => readGithubEvent("registry_package", body)],
  ["a registry", (body) => readRegistryEvents(body)],
  ["Docker Hub", readDockerHubEvent],
  ["Harbor", readHarborEvent],
  ["Quay", readQuayEvent],
  ["Azure", readAzureEvent],
  ["GitLab", readGitlabEvent],
  ["Gitea", (body) => readGiteaEvent("package", body)],
  ["Artifactory", readArtifactoryEvent],
];

describe("a body of", () => {
  test.each(readers)("%s is an event or a sentence, whatever it holds", (_, read) => {
    fc.assert(
      fc.property(value, (body) => {
        const event = read(body);
        if (event.kind !== "pushed") {
          expect(event.message.length).toBeGreaterThan(0);
          return;
        }
        for (const { name, tags, places } of event.repositories) {
          expect(typeof name).toBe("string");
          expect(tags.every((tag) => typeof tag === "string")).toBe(true);
          expect(places.flat().every(({ path }) => typeof path === "string")).toBe(true);
        }
        pathsToLookAt(event.repositories);
      }),
    );
  });
});
