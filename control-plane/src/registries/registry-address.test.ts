import { expect, test } from "vitest";
import { parseRegistryUrl } from "./endpoint.ts";
import { mistakenAddress } from "./registry-address.ts";
import type { RegistryType } from "./registry-type.ts";

test.each<[RegistryType, string, RegExp | null]>([
  ["artifactory", "https://art.example.com", null],
  ["artifactory", "https://docker-local.art.example.com", null],
  ["artifactory", "https://art.example.com/docker-local", null],
  ["artifactory", "https://art.example.com/artifactory-local", null],
  ["artifactory", "https://art.example.com/artifactory", /repository key as the repository prefix/],
  ["artifactory", "https://art.example.com/artifactory/api/docker/docker-local/v2/", /pulled from/],
  ["artifactory", "https://art.example.com/ui/repos/tree", /console or API/],
  ["nexus", "https://nexus.example.com:8082", null],
  ["nexus", "https://nexus.example.com/docker-hosted", null],
  ["nexus", "https://nexus.example.com/repository/docker-hosted/", /port of the repository's/],
  ["nexus", "https://nexus.example.com/service/rest/v1", /path based routing/],
  ["gitea", "https://git.example.com", null],
  ["gitea", "https://git.example.com/team", null],
  ["gitea", "https://git.example.com/team/-/packages", /owner as the repository prefix/],
  ["gitea", "https://git.example.com/api/v1", /host alone/],
  // Others may have any path.
  ["generic", "https://art.example.com/artifactory", null],
])("%s at %s", (type, url, problem) => {
  const parsed = parseRegistryUrl(url);
  if (!parsed.ok) throw new Error(parsed.message);
  const said = mistakenAddress(type, parsed.endpoint);
  if (problem === null) expect(said).toBeNull();
  else expect(said).toMatch(problem);
});
