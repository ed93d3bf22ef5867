import { expect, it } from "vitest";
import { TestJournal } from "../../../test/journal.ts";
import { runCommand } from "../../../test/real-engine.ts";
import { openReplacementBed } from "../../../test/replacement-bed.ts";
import { surveyContainers } from "../container/survey.ts";
import { removeLeftovers } from "./leftovers.ts";

const { bed, v1, newName } = await openReplacementBed({ v1: ["ENV VERSION=1"] });

it("what earlier runs left is removed, but not what has been put back since the survey", async () => {
  const name = newName();
  const names = ["0123456789", "1123456789", "2123456789"].map((run) => `${name}-bp-${run}`);
  for (const one of names) await bed.docker("create", "--name", one, v1.tag);
  const survey = await surveyContainers(bed.engine);
  const [, putBack, started] = names;
  await bed.docker("rename", putBack ?? "", name);
  await bed.docker("start", started ?? "");
  await removeLeftovers(bed.engine, new TestJournal().begin(runCommand(name, v1)), survey, {
    ...{ name, next: { from: "created", name: `${name}-bp-new-3` } },
    ...{ previousName: `${name}-bp-3`, previous: null },
  });
  const left = (await bed.names()).filter((one) => one.startsWith(name));
  expect(left.sort()).toEqual([name, started]);
});
