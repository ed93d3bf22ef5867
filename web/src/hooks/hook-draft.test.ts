import { describe, expect, it } from "vitest";
import { HookDraft } from "./hook-draft.svelte.ts";
import type { Hook } from "./hooks.ts";

const stored: Hook = {
  ...{ name: "window", url: "https://calendar.test/may-we?team=1", method: "PUT" },
  ...{ headers: { Authorization: "***", "X-Team": "***" }, body: "{}", timeoutMs: 2500 },
};

it("leaves what it was given as it is", () => {
  expect(new HookDraft(stored).hook).toEqual(stored);
  expect(new HookDraft(null).hook).toEqual({
    ...{ name: "", url: "", method: "POST", headers: {}, body: null, timeoutMs: 10_000 },
  });
});

describe("a header's value", () => {
  it("is kept while nothing is typed, and replaced by what is", () => {
    const draft = new HookDraft(stored);
    const [first] = draft.headers;
    if (first) first.value = "Bearer new";
    draft.addHeader();
    expect(draft.hook.headers).toEqual({ Authorization: "Bearer new", "X-Team": "***", "": "" });
  });
  it("goes with its header", () => {
    const draft = new HookDraft(stored);
    draft.removeHeader(draft.headers[0]?.id ?? -1);
    expect(draft.hook.headers).toEqual({ "X-Team": "***" });
  });
  it("is not kept for another address, another name or another header", () => {
    const kept = (change: (draft: HookDraft) => void) => {
      const draft = new HookDraft(stored);
      change(draft);
      return draft.headers.map((header) => draft.keeps(header));
    };
    expect(kept(() => {})).toEqual([true, true]);
    expect(kept((draft) => (draft.url = "https://calendar.test/other"))).toEqual([true, true]);
    expect(kept((draft) => (draft.url = "https://other.test/may-we"))).toEqual([false, false]);
    expect(kept((draft) => (draft.url = "half typed"))).toEqual([false, false]);
    expect(kept((draft) => (draft.name = "door"))).toEqual([false, false]);
    const renamed = (name: string) =>
      kept(({ headers: [first] }) => {
        if (first) first.name = name;
      });
    expect(renamed("authorization ")).toEqual([true, true]);
    expect(renamed("X-Key")).toEqual([false, true]);
  });
  it("is asked for again with the reason", () => {
    const draft = new HookDraft(stored);
    expect(draft.keptElsewhere).toBeNull();
    draft.name = "door";
    expect(draft.keptElsewhere).toContain("another name");
    draft.name = " window ";
    draft.url = "http://calendar.test/may-we";
    expect(draft.keptElsewhere).toContain("address");
  });
});

it("cannot be sent with two headers of one name, whose case does not count", () => {
  const draft = new HookDraft(stored);
  expect(draft.problem).toBeNull();
  draft.addHeader();
  const last = draft.headers.at(-1);
  if (last) last.name = "x-team ";
  expect(draft.problem).toBe("Two headers are called x-team.");
});

it("sends no text with GET, and the plan where it has none of its own", () => {
  const draft = new HookDraft(stored);
  draft.method = "GET";
  expect(draft.hook.body).toBeNull();
  draft.method = "POST";
  expect(draft.hook.body).toBe("{}");
  draft.hasText = false;
  expect(draft.hook.body).toBeNull();
});
