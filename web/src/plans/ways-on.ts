import type { Plan } from "$lib/api/model.ts";
import { count } from "$lib/wording/wording.ts";

/**
 * What a person can do about a paused plan, and what each of it does.
 * @param touched how many of its services have been replaced, or were begun with
 */
export function waysOn(
  { resumeDoes, services }: Pick<Plan, "resumeDoes" | "services">,
  touched: number,
): { act: string; does: string }[] {
  const untouched = services.length - touched;
  const left = untouched === 0 ? "" : `, ${count(untouched, "service")} on the version of before`;
  const nothing = "It ends: nothing has been replaced yet.";
  return [
    { act: "Resume", does: resumeDoes ?? "It goes on." },
    {
      act: "Roll back",
      does:
        touched === 0
          ? nothing
          : `${count(touched, "service")} that it has touched ${touched === 1 ? "goes" : "go"} back to what ran before.`,
    },
    {
      act: "Cancel",
      does:
        touched === 0
          ? nothing
          : `It ends, and leaves ${count(touched, "service")} that it has touched as ${touched === 1 ? "it is" : "they are"} now${left}. It can be rolled back later.`,
    },
  ];
}
