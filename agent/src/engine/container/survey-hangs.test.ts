import { expect, test } from "vitest";
import { connectEngine } from "../client.ts";
import { type Dial, EngineSilent } from "../dial.ts";
import type { ContainerInspection } from "../inspection.ts";
import { noteContainer, surveyContainers } from "./survey.ts";

const web = { Id: "a", HostConfig: { NetworkMode: "container:vpn" } };

function engineThat(describe: Dial) {
  const engine = connectEngine("unix:///nothing-is-sent.sock");
  const asked: string[] = [];
  const { modem } = engine.docker as { modem: { dial: Dial } };
  modem.dial = (request, answer) => {
    if (!request.path.startsWith("/containers/json")) {
      asked.push(request.path);
      return describe(request, answer);
    }
    answer(null, [listed("a", "web"), listed("b", "stuck")]);
  };
  return { engine, asked };
}

function listed(Id: string, name: string) {
  return { Id, Names: [`/${name}`], State: "running", ImageID: "", Ports: [] };
}

test.each([
  ["is not described in time", new EngineSilent("GET /containers/b/json", 10_000, true)],
  ["the engine cannot describe", Object.assign(new Error("corrupt"), { statusCode: 500 })],
])(
  "a container that %s is surveyed by its listing, and not asked about each time",
  async (_, error) => {
    const { engine, asked } = engineThat(({ path }, answer) =>
      path.startsWith("/containers/a/") ? answer(null, web) : answer(error),
    );
    const first = await surveyContainers(engine);
    expect(first.containers.map(({ name }) => name)).toEqual(["web", "stuck"]);
    expect(first.containers[0]?.references.namespaces).toEqual(["vpn"]);
    expect(asked).toHaveLength(2);
    await surveyContainers(engine);
    expect(asked).toHaveLength(2);
  },
);

test("what another look has told is not asked for", async () => {
  const { engine, asked } = engineThat((_, answer) => answer(new Error("not to be asked")));
  for (const Id of ["a", "b"]) noteContainer(engine, { ...web, Id } as ContainerInspection);
  const { containers } = await surveyContainers(engine);
  expect(containers.map(({ references }) => references.namespaces)).toEqual([["vpn"], ["vpn"]]);
  expect(asked).toEqual([]);
});
