import { expect, it } from "vitest";
import { autoLinks } from "./auto-link.ts";

it.each([
  ["ghcr.io/acme/*", "ghcr.io/acme/shop/api", true],
  ["ghcr.io/acme", "ghcr.io/acme/shop", true],
  ["ghcr.io/acme", "ghcr.io/acmecorp/shop", false],
  ["docker.io/library/*", "nginx", true],
  ["docker.io/*", "grafana/grafana", true],
  ["docker.io/*", "localhost/app", false],
  ["*:5000/*-api", "registry:5000/shop-api", true],
  ["*:5000/*-api", "registry:5000/shop", false],
  ["quay.io, ghcr.io", "ghcr.io/x", true],
  [" ", "anything", false],
  ["a*a", "a", false],
])("%s and %s", (pattern, image, links) => expect(autoLinks(pattern, image)).toBe(links));
