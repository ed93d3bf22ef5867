import type { LogLine, Observation, RollbackCommand } from "@bridgeport/proto";
import { activity } from "../activity.ts";
import {
  afterCapability,
  type CommandOutcome,
  type CommandStatus,
} from "../commands/commands.store.ts";
import {
  type Database,
  json,
  readTogether,
  type Sql,
  type Transaction,
} from "../database/connection.ts";
import type { Page, Position } from "../database/position.ts";
import { countedRows } from "../database/row-counts.store.ts";
import { Problem } from "../problem.ts";
import { serverIsOnline } from "../servers/online.store.ts";
import type { SignatureFinding } from "../signatures/gate.ts";
import type { QueryAnswer } from "./analysis.ts";
import type { BuiltPlan } from "./build-plan.ts";
import type { HookCall, StepBody } from "./hook.ts";
import type {
  Approval,
  DependencyType,
  OutsideFact,
  OutsideNeed,
  SeenContainer,
  StepAction,
  TriggerType,
} from "./plan.ts";
import type { PlanTarget } from "./plan-targets.ts";
import type { Question, Rollout, SoakStart } from "./rollout.ts";
import { isActive, type PlanStatus, type StepStatus } from "./statuses.ts";
import type { LeftOut } from "./taking-part.ts";

export interface PlanRow {
  id: string;
  environmentId: string;
  // of its first target
  containerImageId: string | null;
  imageName: string;
  imageTag: string | null;
  imageDigest: string;
  imageDigestId: string | null;
  status: PlanStatus;
  triggerType: TriggerType;
  triggeredBy: string;
  triggeredById: string | null;
  autoRollback: boolean;
  parallelExecution: boolean;
  leftOut: LeftOut[];
  /** null: everything is one batch */
  rollout: Rollout | null;
  /** of its first target's digest, when it was made or started; null: no rule asked */
  signature: SignatureFinding | null;
  /** who asked to start it where it had to be approved first */
  askedBy: string | null;
  askedById: string | null;
  /** since when it waits, or has waited, for approval */
  waitingSince: Date | null;
  /** how many it needs, or needed */
  approvalsRequired: number;
  approvals: Approval[];
  error: string | null;
  /** it went back, or failed in a way that speaks against its digest */
  blamesDigest: boolean;
  cancelRequestedAt: Date | null;
  rollbackStartedAt: Date | null;
  // null unless it is paused
  pausedAt: Date | null;
  pausedReason: string | null;
  /** null: by itself */
  pausedBy: string | null;
  /** a person wants everything back that it had touched when it was paused */
  rollbackRequestedAt: Date | null;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  /** the request that made or started it, as the header `traceparent` names it; null: none is traced */
  traceParent: string | null;
  /** since when a person rolls it back after it had ended; null: since it was started */
  traceBegan: Date | null;
}

export interface PlanServiceRow {
  planId: string;
  position: number;
  targetPosition: number;
  serviceId: string | null;
  serviceName: string;
  serverId: string | null;
  serverName: string;
  containerName: string;
  /** the tag that it is deployed by */
  imageTag: string | null;
  level: number;
  /** from 1 */
  batch: number;
  dependsOn: { position: number; type: DependencyType }[];
  /** what it needs of services that are not in the plan, and what is known of these now */
  outside: OutsideNeed[];
  outsideFacts: OutsideFact[];
  /** its container now; null: it is not watched, as the plan is no rollout that is under way */
  seen: SeenContainer | null;
  previousDigestId: string | null;
  previousDigest: string | null;
  /** of `previousDigest`; null where that is none of the digests known of its image */
  knownPreviousId: string | null;
  previousImageTag: string | null;
  rollbackBody: RollbackCommand;
  /** its container as it was reported when the plan was made or started */
  observed: Observation | null;
  active: boolean;
}

export interface StepRow {
  id: string;
  planId: string;
  position: number;
  level: number;
  /** null: before every batch, or going back */
  batch: number | null;
  action: StepAction;
  status: StepStatus;
  servicePosition: number | null;
  /** of a pull: what it is for; null: as its service */
  targetPosition: number | null;
  serverId: string | null;
  serverName: string;
  serverOnline: boolean;
  agentHoldsBack: boolean;
  targetDigest: string | null;
  previousDigest: string | null;
  timeoutMs: number;
  deadlineAt: Date | null;
  startedAt: Date | null;
  completedAt: Date | null;
  error: string | null;
  /** what there is to say of it that is no error */
  note: string | null;
  commandId: string;
  /** of a soak and of a hook, which no agent carries out, what it is */
  body: StepBody;
  /** of a soak: its containers when its time began; null: it has not begun */
  soakStart: SoakStart[] | null;
  /** of a soak: the newest question of each kind; null: nothing was asked */
  soakAsked: Question[] | null;
  /** of a soak that runs: what became of the commands that ask for health; null: there are none */
  soakProbes: { id: string; outcome: CommandOutcome | null }[] | null;
  /** of a soak: the newest answer of Prometheus; null: none has come */
  soakAnswer: QueryAnswer | null;
  registryId: string | null;
  // of its command, null until it is prepared or started
  commandStatus: CommandStatus | null;
  /** it has left for the agent, or is about to */
  commandSent: boolean;
  commandDeadlineAt: Date | null;
  outcome: CommandOutcome | null;
  progress: { at: number; phase: string; message: string }[] | null;
  cancelSent: boolean;
  /** of a hook, null until it is started */
  hookCall: HookCall | null;
}

export interface WholePlan {
  plan: PlanRow;
  /** by position */
  targets: PlanTarget[];
  services: PlanServiceRow[];
  steps: StepRow[];
  /** the commands that remove what was kept; null until they were given */
  cleanUp: { open: number; orderedAt: Date } | null;
}

export async function insertPlan(sql: Sql, plan: BuiltPlan): Promise<void> {
  const { targets, services, steps, leftOut, rollout, hooks, ...row } = plan;
  const [first] = targets;
  if (first === undefined) throw new Error("a plan has at least one target");
  const { position: _, signature, ...firstTarget } = first;
  await sql`
    insert into deployment_plans ${sql({
      ...row,
      ...firstTarget,
      leftOut: json(sql, leftOut),
      rollout: rollout && json(sql, rollout),
      signature: signature && json(sql, signature),
      traceParent: activity().traceParent ?? null,
    } as never)}`;
  await sql`
    insert into plan_targets ${sql(
      targets.map(({ signature, ...target }) => ({
        ...target,
        planId: plan.id,
        signature: signature && json(sql, signature),
      })) as never,
    )}`;
  for (const part of inParts(services)) {
    await sql`
      insert into plan_services ${sql(
        part.map((service) => ({
          ...service,
          planId: plan.id,
          dependsOn: json(sql, service.dependsOn),
          outside: json(sql, service.outside),
          rollbackBody: json(sql, service.rollbackBody),
          observed: service.observed && json(sql, service.observed),
        })) as never,
      )}`;
  }
  await insertSteps(sql, plan.id, steps);
  if (hooks.length > 0) {
    await sql`
      insert into plan_hooks ${sql(hooks.map((hook) => ({ ...hook, planId: plan.id })) as never)}`;
  }
}

/** It is a part of the trace of the request that starts it. */
export async function noteStarted(sql: Sql, planId: string): Promise<void> {
  const { traceParent } = activity();
  if (traceParent === undefined) return;
  await sql`update deployment_plans set trace_parent = ${traceParent} where id = ${planId}`;
}

/** What it does from now on is of this request, and told apart from what it did before it ended. */
export async function noteRolledBackByHand(sql: Sql, planId: string): Promise<void> {
  await sql`
    update deployment_plans set trace_began = now(),
      trace_parent = ${activity().traceParent ?? null}
    where id = ${planId}`;
}

export async function insertSteps(
  sql: Sql,
  planId: string,
  steps: BuiltPlan["steps"],
): Promise<void> {
  for (const part of inParts(steps)) {
    await sql`
      insert into plan_steps ${sql(
        part.map((step) => ({ ...step, planId, body: json(sql, step.body) })) as never,
      )}`;
  }
}

/** PostgreSQL takes 65,535 values in one statement. */
const rowsOfStatement = 1000;

function inParts<Row>(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / rowsOfStatement) }, (_, part) =>
    rows.slice(part * rowsOfStatement, (part + 1) * rowsOfStatement),
  );
}

export async function findPlan(sql: Sql, id: string): Promise<PlanRow | null> {
  const [plan] = await sql<PlanRow[]>`select * from deployment_plans where id = ${id}`;
  return plan ?? null;
}

export interface LoadOptions {
  /** keeps everybody else from advancing the plans until the transaction ends */
  lock?: boolean;
  /** without what deciding does not need: progress, and the long parts of what is over */
  lean?: boolean;
}

/** The plan with its services and steps, and what became of the steps' commands. */
export async function loadPlan(
  sql: Transaction,
  id: string,
  options: LoadOptions = {},
): Promise<WholePlan | null> {
  const [whole] = await loadPlans(sql, [id], options);
  return whole ?? null;
}

/** Several plans as `loadPlan` has them, in this order, by as many statements as for one. Unknown ids are left out. */
export async function loadPlans(
  sql: Transaction,
  ids: readonly string[],
  { lock = false, lean = false }: LoadOptions = {},
): Promise<WholePlan[]> {
  const all = [...ids];
  // What is read after the lock has to see what it waited for, so it is not sent before that is there.
  const plans = await sql<PlanRow[]>`
    select * from deployment_plans where id = any(${all}::uuid[])
    ${lock ? sql`order by id for update` : sql``}`;
  const watched = plans.filter(isWatched);
  const [targets, services, steps, cleanUps, seen] = await Promise.all([
    targetRows(sql, all),
    serviceRows(sql, all),
    lean ? leanSteps(sql, all) : wholeSteps(sql, all),
    cleanUpRows(sql, all),
    watched.length === 0
      ? []
      : seenRows(
          sql,
          watched.map(({ id }) => id),
        ),
  ]);
  const targetsOf = byPlan(targets);
  const servicesOf = byPlan(services);
  const stepsOf = byPlan(steps);
  const cleanUpOf = byPlan(cleanUps);
  const seenOf = byPlan(seen);
  return all.flatMap((id) => {
    const plan = plans.find((candidate) => candidate.id === id);
    if (!plan) return [];
    const [cleanUp] = cleanUpOf.get(id) ?? [];
    return {
      plan,
      targets: targetsOf.get(id) ?? [],
      services: withSeen(servicesOf.get(id) ?? [], seenOf.get(id) ?? []),
      steps: stepsOf.get(id) ?? [],
      cleanUp: cleanUp ? { open: cleanUp.open, orderedAt: cleanUp.orderedAt } : null,
    };
  });
}

/** Whether it matters how the containers of a plan's services are now. */
export function isWatched({ rollout, status }: PlanRow): boolean {
  return rollout !== null && isActive(status);
}

/** Services with their containers as they were reported last. */
export function withSeen(
  services: readonly Omit<PlanServiceRow, "seen">[],
  rows: readonly (SeenContainer & { position: number })[],
): PlanServiceRow[] {
  const seen = new Map(rows.map((row) => [row.position, row]));
  return services.map((service) => ({ ...service, seen: seen.get(service.position) ?? null }));
}

/** Rows by their plans, in the order in which they are. */
function byPlan<Row extends { planId: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.planId);
    if (group) group.push(row);
    else groups.set(row.planId, [row]);
  }
  return groups;
}

/** The plan with everything of it, as it was at one moment. */
export function readPlan(database: Database, id: string): Promise<WholePlan | null> {
  return readTogether(database, (sql) => loadPlan(sql, id));
}

/* Statements that are not sent yet: an async function would send its own before those that come first. */

export function targetRows(sql: Sql, planIds: string[]) {
  return sql<(PlanTarget & { planId: string })[]>`
    select * from plan_targets where plan_id = any(${planIds}::uuid[]) order by plan_id, position`;
}

/**
 * Services of plans, with what is known at this moment of those outside that they need.
 * @param only their positions; null: all
 */
export function serviceRows(sql: Sql, planIds: string[], only: number[] | null = null) {
  return sql<Omit<PlanServiceRow, "seen">[]>`
    select plan_services.*, coalesce((
      select jsonb_agg(jsonb_build_object('serviceId', other.id,
        'serverOnline', ${serverIsOnline(sql)},
        'state', container.report ->> 'state', 'health', container.report ->> 'health',
        'justDeployed', coalesce(other.last_deployed_at > now() - interval '30 seconds', false)))
      from jsonb_to_recordset(plan_services.outside) as need("serviceId" uuid)
      join services as other on other.id = need."serviceId"
      join servers on servers.id = other.server_id
      left join lateral (
        select report from containers
        where containers.server_id = other.server_id and containers.name = other.container_name
        order by report ->> 'state' = 'running' desc, updated_at desc limit 1
      ) as container on true
    ), '[]') as outside_facts,
      (select id from image_digests
       where id = previous_digest_id and manifest_digest = previous_digest) as known_previous_id
    from plan_services
    where plan_id = any(${planIds}::uuid[])
      and (${only}::int[] is null or position = any(${only}::int[]))
    order by plan_id, position`;
}

/** The containers of plans' services as they were reported last. */
export function seenRows(sql: Sql, planIds: string[]) {
  return sql<(SeenContainer & { planId: string; position: number })[]>`
    select plan_services.plan_id, plan_services.position,
      coalesce(${serverIsOnline(sql)} and servers.inventory_session_id = servers.session_id, false)
        as current,
      case when container.report is not null then jsonb_build_object(
        'id', container.report ->> 'id', 'state', container.report ->> 'state',
        'health', container.report ->> 'health',
        'restartCount', (container.report ->> 'restartCount')::bigint,
        'startedAt', (container.report ->> 'startedAt')::bigint) end as container
    from plan_services
    left join servers on servers.id = plan_services.server_id
    left join lateral (
      select report from containers
      where containers.server_id = plan_services.server_id
        and containers.name = plan_services.container_name
      order by report ->> 'state' = 'running' desc, updated_at desc limit 1
    ) as container on true
    where plan_services.plan_id = any(${planIds}::uuid[])`;
}

function wholeSteps(sql: Sql, planIds: string[]) {
  return sql<StepRow[]>`
    select plan_steps.*, commands.status as command_status, commands.outcome, commands.progress,
      ${facts(sql)}
    from plan_steps left join commands on commands.id = plan_steps.command_id
    where plan_steps.plan_id = any(${planIds}::uuid[])
    order by plan_steps.plan_id, plan_steps.position`;
}

/**
 * A plan is looked at several times for each of its steps, and a step's result is long.
 * @param only their positions; null: all
 */
export function leanSteps(sql: Sql, planIds: string[], only: number[] | null = null) {
  return sql<StepRow[]>`
    select plan_steps.*, commands.status as command_status, null::jsonb as progress,
      case when plan_steps.status in ('pending', 'running') then commands.outcome
        else commands.outcome #- '{body,spec}' #- '{body,changes}' end as outcome,
      ${facts(sql)}
    from plan_steps left join commands on commands.id = plan_steps.command_id
    where plan_steps.plan_id = any(${planIds}::uuid[])
      and (${only}::int[] is null or plan_steps.position = any(${only}::int[]))
    order by plan_steps.plan_id, plan_steps.position`;
}

export function cleanUpRows(sql: Sql, planIds: string[]) {
  return sql<{ planId: string; open: number; orderedAt: Date }[]>`
    select plan_id, count(*) filter (where status <> 'done') as open, min(created_at) as ordered_at
    from commands where plan_id = any(${planIds}::uuid[]) and kind = 'commit' group by plan_id`;
}

function facts(sql: Sql) {
  return sql`
    commands.sent_at is not null as command_sent, commands.deadline_at as command_deadline_at,
    exists (select 1 from servers
      where servers.id = plan_steps.server_id and ${serverIsOnline(sql)}) as server_online,
    exists (select 1 from servers
      where servers.id = plan_steps.server_id and ${holdsBack(sql)}) as agent_holds_back,
    exists (select 1 from commands as cancel
      where cancel.step_id = plan_steps.id and cancel.kind = 'cancel'
        and cancel.body ->> 'commandId' = plan_steps.command_id::text) as cancel_sent,
    (select jsonb_build_object('told', told, 'attempts', attempts, 'outcome', outcome)
      from hook_calls where hook_calls.step_id = plan_steps.id) as hook_call,
    case when plan_steps.action = 'soak' then
      (select answer from soak_queries where soak_queries.step_id = plan_steps.id)
    end as soak_answer,
    case when plan_steps.action = 'soak' and plan_steps.status = 'running' then
      (select jsonb_agg(jsonb_build_object('id', probe.id, 'outcome', probe.outcome))
        from jsonb_to_recordset(plan_steps.soak_asked) as question(id uuid)
        join commands as probe on probe.id = question.id)
    end as soak_probes`;
}

/** Whether the agent of a row of `servers` can hold a command back. */
const holdsBack = (sql: Sql) => sql`(${afterCapability} = any(servers.agent_capabilities))`;

/** What is known at this moment of the servers of a plan's steps. */
export function serverFacts(sql: Sql, planId: string) {
  return sql<{ id: string; online: boolean; holdsBack: boolean }[]>`
    select id, ${serverIsOnline(sql)} as online, ${holdsBack(sql)} as holds_back
    from servers where id in (select server_id from plan_steps where plan_id = ${planId})`;
}

export interface PlanFilter extends Page<number> {
  environmentId: string;
  status: PlanStatus | null;
  containerImageId: string | null;
  serviceId: string | null;
}

/**
 * A page of plans, newest first.
 * @returns `last` where the next page begins: when that plan was made in microseconds since 1970, as PostgreSQL keeps
 * times
 */
export async function listPlans(
  sql: Sql,
  filter: PlanFilter,
): Promise<{ ids: string[]; total: number; last: Position<number> | undefined }> {
  const { environmentId, status, containerImageId, serviceId, after = null } = filter;
  const where = sql`
    environment_id = ${environmentId}
    ${status === null ? sql`` : sql`and status = ${status}`}
    ${
      containerImageId === null
        ? sql``
        : sql`and id in (
            select plan_id from plan_targets where container_image_id = ${containerImageId})`
    }
    ${
      serviceId === null
        ? sql``
        : sql`and id in (select plan_id from plan_services where service_id = ${serviceId})`
    }`;
  const rows = await sql<Position<number>[]>`
    select id, (extract(epoch from created_at) * 1000000)::bigint as key
    from deployment_plans where ${where}
    ${
      after === null
        ? sql``
        : sql`and (created_at, id)
            < (timestamptz 'epoch' + ${after.key}::bigint * interval '1 microsecond', ${after.id}::uuid)`
    }
    order by created_at desc, id desc limit ${filter.limit} offset ${filter.offset}`;
  const ids = rows.map(({ id }) => id);
  const last = rows.at(-1);
  if (containerImageId === null && serviceId === null) {
    const of = { environmentIds: [environmentId], kind: status };
    return { ids, total: await countedRows(sql, "deployment_plans", of), last };
  }
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from deployment_plans where ${where}`;
  return { ids, total: count?.total ?? 0, last };
}

/**
 * Which version there is of the rows of plans that are not under way: while it is the same, so is all that is shown
 * of the plan. A transaction may write a row several times, each time to another place.
 */
export async function restingVersions(
  sql: Sql,
  ids: string[],
): Promise<{ id: string; environmentId: string; version: string }[]> {
  return sql<{ id: string; environmentId: string; version: string }[]>`
    select id, environment_id, md5(concat_ws(' ', deployment_plans.xmin, deployment_plans.ctid,
      (select string_agg(concat(xmin, ctid), ' ' order by position)
        from plan_targets where plan_id = deployment_plans.id),
      (select string_agg(concat(xmin, ctid), ' ' order by position)
        from plan_services where plan_id = deployment_plans.id),
      (select string_agg(concat(plan_steps.xmin, plan_steps.ctid, commands.xmin, commands.ctid), ' '
          order by plan_steps.position)
        from plan_steps left join commands on commands.id = plan_steps.command_id
        where plan_steps.plan_id = deployment_plans.id),
      (select string_agg(concat(xmin, ctid), ' ' order by step_id)
        from hook_calls where plan_id = deployment_plans.id))) as version
    from deployment_plans
    where id = any(${ids}::uuid[]) and not ${planIsActive(sql)}`;
}

/** Whether a row of `deployment_plans` is of a plan that has begun and not ended, as `isActive` has it. */
export const planIsActive = (sql: Sql) => sql`deployment_plans.status in ('running', 'paused')`;

/** Every plan that has begun and not ended, on whichever replica it was started. */
export async function activePlans(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from deployment_plans where ${planIsActive(sql)} order by started_at`;
  return rows.map(({ id }) => id);
}

/** Another plan is active for one of these services. */
export class ServiceBusy extends Error {
  override readonly name = "ServiceBusy";
  readonly serviceIds: string[];

  constructor(services: readonly { serviceId: string | null }[]) {
    super("another plan is active for one of the services");
    this.serviceIds = services.flatMap(({ serviceId }) => serviceId ?? []);
  }
}

/** Says which plan keeps a service of this list busy: a 409. */
export async function busyProblem(sql: Sql, { serviceIds }: ServiceBusy): Promise<Problem> {
  const [row] = await sql<{ planId: string; serviceName: string }[]>`
    select plan_id, service_name from plan_services
    where active and service_id = any(${serviceIds}::uuid[]) limit 1`;
  return row
    ? new Problem(
        "conflict",
        "service_in_running_plan",
        `Service ${row.serviceName} is already in the running plan ${row.planId}: wait for it to end, or cancel it.`,
      )
    : new Problem(
        "conflict",
        "service_in_running_plan",
        "Another plan for one of these services ended just now: try again.",
      );
}

/** For each of a plan's services that a later plan touched: its name and that plan. */
export async function laterPlans(
  sql: Sql,
  planId: string,
): Promise<{ serviceName: string; planId: string }[]> {
  return sql<{ serviceName: string; planId: string }[]>`
    select distinct on (mine.service_id) mine.service_name, later.id as plan_id
    from plan_services as mine
    join deployment_plans as this on this.id = mine.plan_id
    join plan_services as theirs on theirs.service_id = mine.service_id and theirs.plan_id <> mine.plan_id
    join deployment_plans as later on later.id = theirs.plan_id
    join plan_steps as deploy on deploy.plan_id = later.id
      and deploy.service_position = theirs.position and deploy.action = 'deploy'
    where mine.plan_id = ${planId} and later.started_at > this.started_at
      and deploy.status = 'success'
    order by mine.service_id, later.started_at desc`;
}

/** What a container wrote last, as far as it was not told while it ran, as of a job it is. */
function lastLines({ progress, outcome }: Pick<StepRow, "progress" | "outcome">): string[] {
  if (outcome === null) return [];
  const job = outcome.ok && outcome.body.kind === "job" ? outcome.body : null;
  const lines = outcome.ok ? (job?.logLines ?? []) : outcome.failure.logLines;
  const last = lines.at(-1);
  const told = (progress ?? []).some(({ message }) => message.split("\n").at(-1) === last);
  return told ? [] : lines;
}

/** What a step says for people: the agent's progress, and a container's last lines. */
export function stepLogs(step: Pick<StepRow, "progress" | "outcome" | "note">): LogLine[] {
  const progress = (step.progress ?? []).map(({ at, phase, message }) => ({
    at,
    stream: "stdout" as const,
    text: message || phase,
  }));
  const failed = lastLines(step);
  const last = progress.at(-1)?.at ?? 0;
  if (step.note !== null) progress.push({ at: last, stream: "stdout", text: step.note });
  return [...progress, ...failed.map((text) => ({ at: last, stream: "stderr" as const, text }))];
}
