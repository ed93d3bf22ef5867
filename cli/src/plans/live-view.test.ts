import { expect, it } from "vitest";
import type { Io } from "../io.ts";
import { LiveView } from "./live-view.ts";

it("writes over what it showed, and keeps notes above", () => {
  const written: string[] = [];
  const view = new LiveView({ raw: (text) => void written.push(text) } as Io);
  view.show(["one", "two"]);
  view.show(["one", "two"]);
  view.show(["three"]);
  view.note("lost");
  view.show(["three", "four"]);
  expect(written).toEqual([
    "\r\u001b[Jone\ntwo\n",
    "\u001b[2A\r\u001b[Jthree\n",
    "\u001b[1A\r\u001b[Jlost\nthree\n",
    "\u001b[1A\r\u001b[Jthree\nfour\n",
  ]);
});
