import type { Sql } from "../database/connection.ts";
import { serverIsOnline } from "../servers/online.store.ts";
import type { PlanJob, PlanJobService } from "./job-steps.ts";

type JobRow = Pick<PlanJob, "command" | "timeoutMs"> & {
  containerImageId: string;
  service: Omit<PlanJobService, "spec"> | null;
  spec: PlanJobService["spec"];
};

/** The jobs of these images, as plans fix them; an image without a job is left out. */
export async function findPlanJobs(
  sql: Sql,
  imageIds: readonly string[],
): Promise<Map<string, PlanJob>> {
  const rows = await sql<JobRow[]>`
    select image_jobs.container_image_id, image_jobs.command, image_jobs.timeout_ms,
      coalesce(services.recorded_spec, services.spec) as spec,
      case when services.id is not null then jsonb_build_object(
        'id', services.id, 'name', services.name, 'containerName', services.container_name,
        'serverId', servers.id, 'serverName', servers.name,
        'serverOnline', ${serverIsOnline(sql)},
        'capabilities', to_jsonb(servers.agent_capabilities),
        'linked', services.container_image_id = image_jobs.container_image_id,
        'present', exists (select from containers
          where containers.server_id = services.server_id
            and containers.name = services.container_name)) end as service
    from image_jobs
    left join services on services.id = image_jobs.service_id
    left join servers on servers.id = services.server_id
    where image_jobs.container_image_id = any(${[...imageIds]}::uuid[])`;
  return new Map(
    rows.map(({ containerImageId, service, spec, ...job }) => [
      containerImageId,
      { ...job, service: service && { ...service, spec } },
    ]),
  );
}
