import type { Plan, PlanService, PlanStep } from "$lib/api/model.ts";

/** Services of a plan that are replaced one after the other, or together. */
export interface PreviewGroup {
  title: string;
  services: PlanService[];
  /** how the batch that ends here is watched */
  soak: PlanStep | null;
}

/** The services of a plan by batch and, inside a batch, by level. */
export function previewGroups({
  services,
  steps,
  batches,
}: Pick<Plan, "services" | "steps" | "batches">): PreviewGroup[] {
  const groups = Array.from({ length: batches }, (_, index) => {
    const batch = index + 1;
    const own = services.filter((service) => service.batch === batch);
    const levels = [...new Set(own.map(({ level }) => level))].sort((a, b) => a - b);
    return levels.map((level, at) => ({
      services: own.filter((service) => service.level === level),
      name: [
        batches > 1 ? `batch ${batch}` : null,
        levels.length > 1 ? `level ${at + 1}` : null,
      ].filter((part) => part !== null),
      soak:
        at < levels.length - 1
          ? null
          : (steps.find((step) => step.action === "soak" && step.batch === batch) ?? null),
    }));
  }).flat();
  return groups.map(({ name, services: own, soak }, index) => {
    const text = index === 0 ? ["Then", ...name].join(", ") : name.join(", ");
    return { title: text.charAt(0).toUpperCase() + text.slice(1), services: own, soak };
  });
}
