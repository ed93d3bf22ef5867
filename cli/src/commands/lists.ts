import type { Schemas } from "@bridgeport/client";
import type { Command } from "commander";
import { Failure } from "../exit.ts";
import { everyService, findImage, findServer, findService, type Plan } from "../find/resources.ts";
import type { Column } from "../terminal/table.ts";
import { ago, size } from "../terminal/units.ts";
import { type Common, common, type Making, speak } from "./command.ts";

/** The commands that only read. */
export function addLists(program: Command, { io }: Making): void {
  common(program.command("environments"), { environment: false })
    .description("List the environments that you may use")
    .action(async (options: Common) => {
      const { client, show } = speak(options, io);
      const environments = await client.everyRow("/api/environments", "environments");
      show(
        { environments, total: environments.length },
        [
          { title: "NAME", cell: ({ name }) => name },
          { title: "SERVERS", cell: ({ serverCount }) => String(serverCount) },
          { title: "SERVICES", cell: ({ serviceCount }) => String(serviceCount) },
          { title: "IMAGES", cell: ({ imageCount }) => String(imageCount) },
        ],
        environments,
        "There are no environments that you may use.",
      );
    });

  common(program.command("images"))
    .description("List images: what is deployed of them, and what is newer")
    .action(async (options: Common) => {
      const { client, show, environment } = speak(options, io);
      const { id: envId } = await environment();
      const images = await client.everyRow("/api/environments/{envId}/container-images", "images", {
        path: { envId },
      });
      show({ images, total: images.length }, imageColumns, images, "There are no images.");
    });

  common(program.command("digests").argument("<image>", "name or image name"))
    .description("List the digests of an image that are known, the newest first")
    .option("--limit <count>", "how many at most", "25")
    .action(async (text: string, options: Common & { limit: string }) => {
      const { client, show, environment, clock } = speak(options, io);
      const image = await findImage(client, await environment(), text);
      const answer = await client.get("/api/container-images/{id}/digests", {
        path: { id: image.id },
        query: { limit: limitOf(options.limit, 100) },
      });
      show(
        answer,
        digestColumns(clock.now()),
        answer.digests,
        `No digest of ${image.imageName} is known.`,
      );
    });

  common(program.command("tags").argument("<image>", "name or image name"))
    .description("List the tags of an image in its registry")
    .option("--limit <count>", "how many at most", "100")
    .action(async (text: string, options: Common & { limit: string }) => {
      const { client, show, environment, clock } = speak(options, io);
      const image = await findImage(client, await environment(), text);
      const most = limitOf(options.limit, 100_000);
      const tags: Schemas["RepositoryTag"][] = [];
      let cursor: string | undefined;
      let note: string | null = null;
      do {
        const page = await client.get("/api/container-images/{id}/tags", {
          path: { id: image.id },
          query: cursor === undefined ? {} : { cursor },
        });
        tags.push(...page.tags);
        note = page.note;
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined && tags.length < most);
      const shown = tags.slice(0, most);
      show(
        { tags: shown, note },
        tagColumns(clock.now()),
        shown,
        `${image.imageName} has no tags.`,
      );
      if (note && !options.json) io.err(`${note}\n`);
    });

  common(program.command("services"))
    .description("List services: what runs, on which server, in which state")
    .option("--server <name>", "only those of a server")
    .option("--image <image>", "only those of an image")
    .action(async (options: Common & { server?: string; image?: string }) => {
      const { client, show, environment } = speak(options, io);
      const env = await environment();
      const server = options.server ? await findServer(client, env, options.server) : null;
      const image = options.image ? await findImage(client, env, options.image) : null;
      const services = (await everyService(client, env)).filter(
        (one) =>
          (server === null || one.serverId === server.id) &&
          (image === null || one.containerImageId === image.id),
      );
      const none = "There are no services. They appear when an agent has reported its containers.";
      show({ services, total: services.length }, serviceColumns, services, none);
    });

  common(program.command("servers"))
    .description("List servers and whether their agents are connected")
    .action(async (options: Common) => {
      const { client, show, environment, clock } = speak(options, io);
      const { id: envId } = await environment();
      const servers = await client.everyRow("/api/environments/{envId}/servers", "servers", {
        path: { envId },
      });
      const none = "There are no servers. Add one in the console: Servers › Add server.";
      show({ servers, total: servers.length }, serverColumns(clock.now()), servers, none);
    });

  common(program.command("plans"))
    .description("List deployment plans, the newest first")
    .option("--image <image>", "only those of an image")
    .option("--service <service>", "only those with a service")
    .option("--status <status>", "only those in a status, such as running or failed")
    .option("--limit <count>", "how many at most", "25")
    .action(
      async (
        options: Common & { image?: string; service?: string; status?: string; limit: string },
      ) => {
        const { client, show, environment, clock } = speak(options, io);
        const env = await environment();
        const image = options.image ? await findImage(client, env, options.image) : null;
        const service = options.service ? await findService(client, env, options.service) : null;
        const answer = await client.get("/api/environments/{envId}/deployment-plans", {
          path: { envId: env.id },
          query: {
            limit: limitOf(options.limit, 100),
            ...(options.status ? { status: options.status as Plan["status"] } : {}),
            ...(image ? { containerImageId: image.id } : {}),
            ...(service ? { serviceId: service.id } : {}),
          },
        });
        show(answer, planColumns(clock.now()), answer.plans, "There are no such plans.");
      },
    );
}

/** @throws {Failure} for what is no number from 1 to `most` */
export function limitOf(text: string, most: number): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new Failure(`--limit takes a number from 1 to ${most}, not "${text}".`);
}

const short = (digest: string | null) => digest?.replace("sha256:", "").slice(0, 12) ?? "-";

const imageColumns: Column<Schemas["ContainerImage"]>[] = [
  { title: "NAME", cell: ({ name }) => name, least: 10 },
  { title: "IMAGE", cell: ({ imageName }) => imageName, least: 12, keepEnd: true },
  {
    title: "DEPLOYED",
    cell: ({ deployed, deployedDigest }) => deployed?.bestTag ?? short(deployedDigest),
    least: 8,
  },
  {
    title: "UPDATE",
    cell: ({ update }) => (update ? `${update.bestTag ?? "newer"} (${update.kind})` : "-"),
    least: 8,
  },
  {
    title: "SERVICES",
    cell: ({ servicesCurrent, servicesTotal }) => `${servicesCurrent}/${servicesTotal}`,
  },
];

const digestColumns = (now: number): Column<Schemas["ImageDigest"]>[] => [
  { title: "DIGEST", cell: ({ manifestDigest }) => short(manifestDigest) },
  { title: "TAGS", cell: ({ tags }) => tags.join(", "), least: 10 },
  { title: "SIZE", cell: (one) => size(one.size) },
  { title: "PUSHED", cell: ({ pushedAt }) => ago(pushedAt, now) },
  { title: "PLATFORMS", cell: ({ platforms }) => platforms.join(", "), least: 11 },
  { title: "DEPLOYED", cell: ({ deployed }) => (deployed ? "yes" : "-") },
];

const tagColumns = (now: number): Column<Schemas["RepositoryTag"]>[] => [
  { title: "TAG", cell: ({ tag }) => tag, least: 10 },
  { title: "DIGEST", cell: ({ digest }) => short(digest) },
  { title: "SIZE", cell: (one) => size(one.size) },
  { title: "PUSHED", cell: ({ pushedAt }) => ago(pushedAt, now) },
  { title: "FILTER", cell: ({ matchesFilter }) => (matchesFilter ? "matches" : "-") },
];

const serviceColumns: Column<Schemas["Service"]>[] = [
  { title: "SERVER", cell: ({ server }) => server.name, least: 8 },
  { title: "SERVICE", cell: ({ name }) => name, least: 8 },
  {
    title: "IMAGE",
    cell: ({ containerImage }) => containerImage.imageName,
    least: 12,
    keepEnd: true,
  },
  { title: "TAG", cell: ({ imageTag }) => imageTag ?? "-", least: 6 },
  { title: "STATUS", cell: ({ status }) => status, status: true },
  {
    title: "UPDATE",
    cell: ({ update, drift }) => (drift ? "drifted" : (update?.bestTag ?? "-")),
    least: 6,
  },
];

const serverColumns = (now: number): Column<Schemas["Server"]>[] => [
  { title: "NAME", cell: ({ name }) => name, least: 8 },
  { title: "STATUS", cell: ({ status }) => status, status: true },
  { title: "AGENT", cell: ({ agentVersion }) => agentVersion ?? "-" },
  { title: "DOCKER", cell: ({ dockerVersion }) => dockerVersion ?? "-" },
  { title: "PLATFORM", cell: ({ os, architecture }) => (os ? `${os}/${architecture}` : "-") },
  { title: "FREE", cell: ({ diskFreeBytes }) => size(diskFreeBytes) },
  { title: "SERVICES", cell: ({ serviceCount }) => String(serviceCount) },
  { title: "SEEN", cell: ({ lastSeenAt }) => ago(lastSeenAt, now) },
];

const planColumns = (now: number): Column<Plan>[] => [
  { title: "ID", cell: ({ id }) => id },
  { title: "STATUS", cell: ({ status }) => status, status: true },
  { title: "IMAGE", cell: ({ imageName }) => imageName, least: 10, keepEnd: true },
  {
    title: "TARGET",
    cell: ({ imageTag, imageDigest, targets }) =>
      `${imageTag ?? short(imageDigest)}${targets?.length > 1 ? ` and ${targets.length - 1} more` : ""}`,
    least: 6,
  },
  { title: "BY", cell: ({ triggeredBy }) => triggeredBy, least: 8 },
  { title: "CREATED", cell: ({ createdAt }) => ago(createdAt, now) },
];
