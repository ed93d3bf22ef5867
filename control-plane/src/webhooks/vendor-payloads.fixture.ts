import type { PushVendor } from "../config.ts";

/*
 * What the vendors send on a push, with the fields that their documentation shows, for images and
 * hosts of our own.
 */

interface Pushed {
  host: string;
  path: string;
  tag: string;
}

const digest = `sha256:${"8a".repeat(32)}`;

export const vendorPayloads: Record<Exclude<PushVendor, "github">, (push: Pushed) => unknown> = {
  dockerhub: ({ path, tag }) => ({
    callback_url: `https://registry.hub.docker.com/u/${path}/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/`,
    push_data: { pushed_at: 1_417_566_161, pusher: "builder", tag, images: null },
    repository: {
      comment_count: 0,
      date_created: 1_417_494_799,
      description: "",
      is_official: false,
      is_private: true,
      name: path.split("/").at(-1),
      namespace: path.split("/")[0],
      owner: path.split("/")[0],
      repo_name: path,
      repo_url: `https://registry.hub.docker.com/r/${path}`,
      star_count: 0,
      status: "Active",
    },
  }),
  harbor: ({ host, path, tag }) => ({
    type: "PUSH_ARTIFACT",
    occur_at: 1_680_501_893,
    operator: "robot$ci",
    event_data: {
      resources: [{ digest, tag, resource_url: `${host}/${path}:${tag}` }],
      repository: {
        date_created: 1_680_501_893,
        name: path.split("/").at(-1),
        namespace: path.split("/")[0],
        repo_full_name: path,
        repo_type: "private",
      },
    },
  }),
  quay: ({ host, path, tag }) => ({
    name: path.split("/").at(-1),
    repository: path,
    namespace: path.split("/")[0],
    docker_url: `${host}/${path}`,
    homepage: `https://${host}/repository/${path}`,
    updated_tags: [tag],
  }),
  acr: ({ host, path, tag }) => ({
    id: "cb8c3971-9adc-488b-bdd8-43cbb4974ff5",
    timestamp: "2026-11-17T16:52:01.343145347Z",
    action: "push",
    target: {
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
      size: 524,
      digest,
      length: 524,
      repository: path,
      tag,
    },
    request: {
      id: "3cbb6949-7549-4fa1-86cd-a6d5451dffc7",
      host,
      method: "PUT",
      useragent: "docker/28.5.0",
    },
  }),
  gitlab: ({ host, path, tag }) => ({
    events: [
      {
        id: "4a5b0f5e-8a3d-4f4a-9d57-6f3c1d0f9a10",
        timestamp: "2026-11-17T16:52:01Z",
        action: "push",
        target: {
          mediaType: "application/vnd.oci.image.manifest.v1+json",
          digest,
          repository: path,
          url: `https://${host}/v2/${path}/manifests/${digest}`,
          tag,
        },
        request: { id: "1", addr: "10.0.0.1", host, method: "PUT", useragent: "docker/28.5.0" },
        actor: { name: "ci" },
        source: { addr: "registry:5000", instanceID: "1" },
      },
    ],
  }),
  gitea: ({ host, path, tag }) => ({
    action: "created",
    repository: null,
    package: {
      id: 7,
      owner: { id: 2, login: path.split("/")[0], username: path.split("/")[0] },
      repository: null,
      creator: { id: 1, login: "ci" },
      type: "container",
      name: path.split("/").slice(1).join("/"),
      version: tag,
      html_url: `https://${host}/${path.split("/")[0]}/-/packages/container/${path.split("/").slice(1).join("%2F")}/${tag}`,
      created_at: "2026-11-17T16:52:01Z",
    },
    organization: null,
    sender: { id: 1, login: "ci" },
  }),
  artifactory: ({ host, path, tag }) => ({
    domain: "docker",
    event_type: "pushed",
    data: {
      repo_key: path.split("/")[0],
      event_type: "pushed",
      path: `${path.split("/").slice(1).join("/")}/${tag}/list.manifest.json`,
      name: "list.manifest.json",
      sha256: digest.slice(7),
      size: 1206,
      image_name: path.split("/").slice(1).join("/"),
      tag,
      platforms: [{ architecture: "amd64", os: "linux" }],
    },
    subscription_key: "bridgeport",
    jpd_origin: `https://${host}`,
    source: "ci",
  }),
};
