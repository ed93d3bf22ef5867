import { afterAll, beforeAll, expect, test } from "vitest";
import { type Console, logIn, openConsole, seriousFindings, settled } from "../harness/console.ts";
import { type DockerCli, dockerCli } from "../harness/docker-cli.ts";
import { type Engine, startEngine } from "../harness/engine.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { type Site, startSite } from "../harness/site.ts";
import { type JoinedAgent, startAgent } from "../harness/system.ts";

let site: Site;
let console_: Console;
let engine: Engine;
let docker: DockerCli;
let agent: JoinedAgent | undefined;
let image: PushedImage;

beforeAll(async () => {
  [site, engine] = await Promise.all([startSite(), startEngine()]);
  docker = dockerCli(engine.host);
  image = await pushImage(site.registry, "shop/chatty", "v1", { version: "1" });
  await docker.run("run", "-d", "--name", "elsewhere", image.reference);
  console_ = await openConsole(site);
  await console_.page.goto(site.system.url);
  await logIn(console_.page, site.system.admin);
});
afterAll(async () => {
  await console_?.close();
  await agent?.remove();
  await docker?.remove();
  await engine?.remove();
  await site?.remove();
});

test("adds a server by the command that it shows, and sees it connect", async () => {
  const { page } = console_;
  await page.getByRole("link", { name: "Servers", exact: true }).click();
  await page.getByRole("button", { name: "Add server" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("edge-1");
  await dialog.getByLabel("Tags").fill("eu, gpu");
  await dialog.getByRole("button", { name: "Add server" }).click();
  await dialog.getByText("Waiting for its agent to connect").waitFor();
  const command = (await dialog.locator("pre code").textContent()) ?? "";
  const [, url = "", token = ""] =
    /^curl -fsSL \S+\/api\/agent\/install\.sh \| sh -s -- --url (\S+) --token (\S+)/.exec(
      command,
    ) ?? [];
  await dialog.getByRole("button", { name: "Compose" }).click();
  await dialog.getByText("docker compose up -d").waitFor();
  await dialog.getByRole("button", { name: "cloud-init" }).click();
  await dialog.getByText("#cloud-config").waitFor();
  agent = await startAgent({ url, token, dockerHost: engine.host });
  await dialog.getByText("edge-1 is connected.").waitFor();
  await dialog.getByText("1 service found so far").waitFor();
  await dialog.getByRole("link", { name: "Open edge-1" }).click();
  await page.getByRole("heading", { level: 1, name: "edge-1" }).waitFor();
  await page.getByRole("link", { name: "elsewhere" }).waitFor();
  await page.getByRole("link", { name: "Machine" }).click();
  await page.getByText("No policy file: containers gain nothing on the host.").waitFor();
});

test("prunes images: says what goes, and afterwards what was freed", async () => {
  const { page } = console_;
  const spare = await pushImage(site.registry, "shop/spare", "v1", {
    version: "spare",
    extraBytes: 300_000,
  });
  await docker.run("pull", spare.reference);
  await page.getByRole("button", { name: "Prune images" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("The safe choice").waitFor();
  await dialog.getByLabel(/All unused images/).check();
  await dialog.getByText("The same as a command").click();
  await dialog.getByText(/prune-images/).waitFor();
  await dialog.getByRole("button", { name: "Prune all unused images" }).click();
  await dialog.getByText(/^[\d.]+ [kM]B freed on edge-1$/).waitFor();
  expect(await docker.run("images", "-q", spare.reference)).toBe("");
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("link", { name: "Events" }).click();
  // That it was asked for, and what came of it.
  await page
    .getByRole("cell", { name: /Prune images/ })
    .nth(1)
    .waitFor();
});

test("asks before agents are upgraded, one or many, and says what is being done", async () => {
  const { page } = console_;
  const { id } = await server("edge-1");
  // Agents here are as new as the control plane; what an upgrade does is tried without a browser.
  const outdated = { agentOutdated: true, agentVersion: "0.9.0", agentUpgrade: null };
  const sent: unknown[] = [];
  await page.route(`**/api/servers/${id}`, async (route) => {
    const answer = (await (await route.fetch()).json()) as { server: object };
    await route.fulfill({ json: { server: { ...answer.server, ...outdated } } });
  });
  await page.route(/\/environments\/[^/]+\/servers(\?|$)/, async (route) => {
    const answer = (await (await route.fetch()).json()) as { servers: { id: string }[] };
    const servers = answer.servers.map((each) =>
      each.id === id ? { ...each, ...outdated } : each,
    );
    await route.fulfill({ json: { ...answer, servers } });
  });
  await page.route("**/upgrade-agent*", async (route) => {
    sent.push(route.request().postDataJSON());
    await route.fulfill({ json: { upgrades: [{}], leftOut: [] } });
  });

  await console_.open(`/e/production/servers/${id}`);
  await page.getByText("The agent 0.9.0 is outdated").waitFor();
  await page.getByRole("button", { name: "Upgrade agent" }).click();
  const dialog = page.getByRole("dialog", { name: "Upgrade the agent of edge-1?" });
  await dialog.getByText("Containers are not touched.").waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Keep it as it is" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(sent).toEqual([]);
  await page.getByRole("button", { name: "Upgrade agent" }).press("Enter");
  await dialog.getByRole("button", { name: "Upgrade agent" }).press("Enter");
  await page.getByText("The agent of edge-1 is being upgraded.").waitFor();
  expect(sent).toEqual([null]);

  await console_.open("/e/production/servers");
  await page.getByText("1 agent outdated").waitFor();
  await page.getByRole("button", { name: "Upgrade agents" }).click();
  const all = page.getByRole("dialog", { name: "Upgrade 1 agent?" });
  expect(await seriousFindings(page)).toEqual([]);
  await all.getByLabel("At the same time").fill("2");
  await all.getByRole("button", { name: "Upgrade agents" }).click();
  await page.getByText("1 agent to be upgraded.").waitFor();
  expect(sent).toEqual([null, { batch: 2 }]);
  await page.unrouteAll({ behavior: "wait" });
});

test("keeps a log of 10,000 lines smooth, searches it and follows it", async () => {
  const { page } = console_;
  const service = await site.service("elsewhere", (await server("edge-1")).id);
  const write = (lines: number, word: string) => {
    const loop = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo ${word} $i of many; done`;
    return docker.run("exec", "elsewhere", "sh", "-c", `(${loop}) > /proc/1/fd/1`);
  };
  await write(6000, "early");
  await console_.open(`/e/production/services/${service.id}?tab=logs`);
  const log = page.getByRole("region", { name: "Log" });
  await log.getByText("early 6000 of many").waitFor();
  await page.getByRole("button", { name: "Load earlier lines" }).click();
  await page.getByText("5,000 lines").waitFor();
  await write(6000, "late");
  // It follows without being asked, and forgets what is too much.
  await log.getByText("late 6000 of many").waitFor();
  await page.getByText("10,000 lines").waitFor();
  // However long the log, what is in the page is what can be seen of it.
  expect(await log.locator("time").count()).toBeLessThan(200);

  await page.getByLabel("Search the log").fill("late 3333 of");
  await page.getByText("1 of 10,000 lines").waitFor();
  await log.getByText("late 3333 of many").waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download what is shown" }).click();
  expect((await download).suggestedFilename()).toBe("elsewhere-edge-1.log");
  await page.getByLabel("Search the log").fill("");
  await write(1, "newest");
  await log.getByText("newest 1 of many").waitFor();
});

async function server(name: string): Promise<{ id: string }> {
  const path = `/api/environments/${site.environment.id}/servers`;
  const { servers } = await site.api.get<{ servers: { id: string; name: string }[] }>(path);
  const found = servers.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`There is no server ${name}.`);
  return found;
}

test("a page that could not be loaded comes when the connection is back", async () => {
  const { page, complaints } = console_;
  await console_.open("/e/production/services");
  await site.system.stop();
  await page.getByText(/^Not live, reconnecting/).waitFor();
  await page.getByRole("link", { name: "API Tokens" }).click();
  await page.getByText("The page comes by itself when it is back.").waitFor();
  await site.system.start();
  await page.getByRole("heading", { level: 1, name: "API Tokens" }).waitFor();
  await settled(page);
  console_.forget(/ERR_|WebSocket|50[234]/);
  expect(complaints).toEqual([]);
});

test("says quietly that it is not live, and catches up by itself", async () => {
  const { page, complaints } = console_;
  await console_.open("/e/production/services");
  await page.getByRole("row", { name: /elsewhere.*Running/ }).waitFor();
  expect(complaints).toEqual([]);
  await site.system.stop();
  await page.getByText(/^Not live, reconnecting/).waitFor();
  // What was known stays in view meanwhile.
  expect(await page.getByRole("row", { name: /elsewhere/ }).count()).toBe(1);
  await docker.run("stop", "-t", "0", "elsewhere");
  await site.system.start();
  await page.getByText(/^Not live, reconnecting/).waitFor({ state: "detached" });
  await page.getByRole("row", { name: /elsewhere.*(Ended with an error|Stopped)/ }).waitFor();
  await settled(page);
  // The browser reports each attempt that found no server; nothing else may have gone wrong.
  expect(complaints.filter((text) => !/ERR_|WebSocket|50[234]/.test(text))).toEqual([]);
});
