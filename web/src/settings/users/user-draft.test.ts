import { expect, it } from "vitest";
import { UserDraft } from "./user-draft.svelte.ts";

it("makes a viewer of everything, unless something else is chosen", () => {
  const draft = new UserDraft(null);
  draft.email = " ada@example.com ";
  expect(draft.body).toEqual({
    email: "ada@example.com",
    name: null,
    roles: [{ environmentId: null, role: "viewer" }],
  });
});

it("edits a copy of the roles, and offers one to a user who has none", () => {
  const before = {
    email: "ada@example.com",
    name: "Ada",
    roles: [{ environmentId: "e1", role: "operator" as const }],
  };
  const draft = new UserDraft(before);
  const [first] = draft.roles;
  if (first) first.role = "admin";
  expect(draft.body.roles[0]?.role).toBe("admin");
  expect(before.roles[0]?.role).toBe("operator");
  expect(new UserDraft({ ...before, roles: [] }).roles).toHaveLength(1);
});
