import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import {
  type Console,
  logIn,
  openConsole,
  seriousFindings,
  sidewaysScroll,
} from "../harness/console.ts";
import type { ContainerImage, Environment, Server } from "../harness/resources.ts";
import { type System, startSystem } from "../harness/system.ts";

const viewer = { email: "vera@example.com", password: "correct horse battery" };
let system: System;
let api: Api;
let console_: Console;
let serviceId: string;

beforeAll(async () => {
  system = await startSystem();
  api = await system.login();
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = `/api/environments/${environments[0]?.id}`;
  const { server } = await api.post<{ server: Server }>(`${environment}/servers`, { name: "one" });
  const { image } = await api.post<{ image: ContainerImage }>(`${environment}/container-images`, {
    name: "web",
    imageName: "registry.example/web",
  });
  const { service } = await api.post<{ service: { id: string } }>(
    `/api/servers/${server.id}/services`,
    {
      ...{ name: "web", containerName: "web", containerImageId: image.id },
      spec: { env: { PASSWORD: "hunter2", LEVEL: "info" }, user: "1000" },
    },
  );
  serviceId = service.id;
  await api.post("/api/users", { ...viewer, name: "Vera", role: "viewer" });
  console_ = await openConsole({ system });
  await console_.page.goto(`${system.url}/login`);
  await logIn(console_.page, system.admin);
});
afterAll(async () => {
  await console_?.close();
  await system?.remove();
});

const place = () => `/e/production/services/${serviceId}?tab=settings`;
const field = (page = console_.page) => page.getByLabel("Container, as JSON");
const values = async () =>
  (await api.post<{ env: object }>(`/api/services/${serviceId}/reveal-values`)).env;
const reveals = async () =>
  (await api.get<{ total: number }>("/api/audit-logs?action=reveal_values")).total;

test("a spec is changed without its values being shown", async () => {
  const { page } = console_;
  await console_.open(place());
  const text = await field().inputValue();
  expect(text).toContain("PASSWORD=***");
  expect(text).not.toContain("hunter2");
  await field().fill(text.replace("LEVEL=***", "LEVEL=debug").replace("1000", "2000"));
  await page.getByRole("button", { name: "Save spec" }).click();
  await page.getByText("Saved. The next deploy goes by it.").waitFor();
  expect(await reveals()).toBe(0);
  expect(await values()).toEqual({ PASSWORD: "hunter2", LEVEL: "debug" });
});

test("values are shown on demand, beside what was changed meanwhile", async () => {
  const { page, complaints } = console_;
  const before = await reveals();
  await console_.open(place());
  await field().fill((await field().inputValue()).replace("LEVEL=***", "LEVEL=trace"));
  await page.getByRole("button", { name: "Show values" }).click();
  await page.getByRole("button", { name: "Show values" }).waitFor({ state: "detached" });
  const text = await field().inputValue();
  expect(text).toContain("PASSWORD=hunter2");
  expect(text).toContain("LEVEL=trace");
  expect(await reveals()).toBe(before + 1);
  await page.getByRole("button", { name: "Save spec" }).click();
  await page.getByText("Saved. The next deploy goes by it.").waitFor();
  expect(await values()).toEqual({ PASSWORD: "hunter2", LEVEL: "trace" });
  expect(await seriousFindings(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

test("a hidden value that is not stored is refused at the field, and viewers are told why they see none", async () => {
  const { page } = console_;
  await console_.open(place());
  await field().fill('{"Env": ["OTHER=***"]}');
  await page.getByRole("button", { name: "Save spec" }).click();
  await page.getByText("none is stored under this name").first().waitFor();
  console_.forget(/ 400 /);
  const onlooker = await console_.window(viewer, 360);
  await console_.open(place(), onlooker);
  const button = onlooker.getByRole("button", { name: "Show values" });
  expect(await button.getAttribute("aria-disabled")).toBe("true");
  expect(await field(onlooker).inputValue()).not.toContain("hunter2");
  expect(await sidewaysScroll(onlooker)).toBe(0);
  expect(console_.complaints).toEqual([]);
});
