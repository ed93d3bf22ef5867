import type { Readable } from "node:stream";
import type { Credentials, FailureCode } from "@bridgeport/proto";
import { CommandFailure } from "../../command.ts";
import { type Engine, engineErrorKind, engineMessage, statusOf } from "../client.ts";
import { abortFailure, failureOf } from "../failure.ts";
import { diskFreeBytes } from "../host.ts";
import type { ImageInspection } from "../inspection.ts";
import { type DigestReference, findImage, parseDigestReference } from "./images.ts";
import { type PullReason, pullReason } from "./pull-errors.ts";
import { type PullMessage, PullProgress } from "./pull-progress.ts";

export interface PullRequest {
  /** `name:tag@sha256:…` */
  reference: string;
  /** os/arch[/variant]; null: the engine's own */
  platform: string | null;
  credentials: Credentials | null;
}

/** The parts of a command's context that a pull uses. */
export interface PullContext {
  /** other credentials in the place of a token that has run out; null: there are none */
  renewCredentials?(): Promise<Credentials | null>;
  readonly signal: AbortSignal;
  readonly deadlineAt: number | null;
  progress(message: string): void;
}

/** A token service whose tokens are good for no time at all is not asked for ever. */
const mostRenewals = 20;

/** If less than this is free after a pull has failed, the full disk is taken for the reason. */
const fullDiskBytes = 64 * 1024 * 1024;

/**
 * Pulls an image by its digest. The pull has failed if there is an error anywhere in the engine's
 * answer, or if the engine does not have the image afterwards. A token that has run out meanwhile is
 * replaced by another one, and the engine goes on from what it has. Throws a `CommandFailure`
 * (registry_unavailable, unauthorized, not_found, no_platform, image_unusable, disk_full, pull_failed,
 * timeout, cancelled).
 */
export async function pullImage(
  engine: Engine,
  request: PullRequest,
  context: PullContext,
): Promise<ImageInspection> {
  let { credentials } = request;
  const refusal = credentials?.refusal;
  if (refusal !== undefined) throw new CommandFailure(refusal.code, refusal.message);
  // It may have waited for other pulls.
  if (hasRunOut(credentials)) credentials = (await context.renewCredentials?.()) ?? credentials;
  for (let renewals = 0; ; renewals += 1) {
    try {
      return await pullOnce(engine, { ...request, credentials }, context);
    } catch (error) {
      if (!(error instanceof CommandFailure) || error.code !== "unauthorized") throw error;
      // One that was refused in its time may have been revoked, but hardly twice.
      const worthIt = hasRunOut(credentials) ? renewals < mostRenewals : renewals === 0;
      if (credentials?.registryToken === undefined || !worthIt) throw error;
      const renewed = (await context.renewCredentials?.()) ?? null;
      if (renewed === null) throw error;
      credentials = renewed;
    }
  }
}

function hasRunOut(credentials: Credentials | null): boolean {
  const expiresAt = credentials?.registryToken?.expiresAt ?? null;
  return expiresAt !== null && expiresAt <= Date.now();
}

async function pullOnce(
  engine: Engine,
  request: PullRequest,
  context: PullContext,
): Promise<ImageInspection> {
  const { reference, platform } = request;
  const { name, digest } = parseDigestReference(reference);
  const progress = new PullProgress((message) => context.progress(message));
  let error: PullError | null;
  try {
    error = await pull(engine, request, { name, digest }, context.signal, progress);
  } catch (thrown) {
    if (context.signal.aborted) {
      throw abortFailure(context.signal, context.deadlineAt, `Pulling ${reference}`);
    }
    if (engineErrorKind(thrown) !== "engine" && engineErrorKind(thrown) !== "not_found") {
      throw failureOf(engine, thrown, "pull_failed", `${reference} could not be pulled`);
    }
    error = { message: engineMessage(thrown), status: statusOf(thrown) };
  }
  if (error !== null) throw await classify(engine, request, { name, digest }, error);
  const image = await findImage(engine, reference);
  if (image !== null) return image;
  throw new CommandFailure(
    platform === null ? "pull_failed" : "no_platform",
    `The engine says that ${reference} was pulled${platform === null ? "" : ` for ${platform}`}, but it has no such image.`,
  );
}

interface PullError {
  message: string;
  /** HTTP status of the engine's answer, or of the error inside it; null: there was none */
  status: number | null;
}

async function pull(
  engine: Engine,
  { platform, credentials }: PullRequest,
  { name, digest }: DigestReference,
  signal: AbortSignal,
  progress: PullProgress,
): Promise<PullError | null> {
  const stream = (await engine.docker.createImage(
    credentials === null ? undefined : authOf(credentials),
    // Docker's command line passes a digest as the tag, too.
    {
      fromImage: name,
      tag: digest,
      ...(platform === null ? {} : { platform }),
      abortSignal: signal,
    },
  )) as Readable;
  let error: PullError | null = null;
  let rest = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) error = take(line, progress) ?? error;
  }
  return take(rest, progress) ?? error;
}

function take(line: string, progress: PullProgress): PullError | null {
  if (line.trim() === "") return null;
  const message = JSON.parse(line) as PullMessage;
  progress.take(message);
  if (message.error === undefined && message.errorDetail === undefined) return null;
  return {
    message: message.errorDetail?.message ?? message.error ?? "the engine gave no reason",
    status: message.errorDetail?.code ?? null,
  };
}

function authOf(credentials: Credentials): Record<string, string> {
  const { username, password, registryHost, identityToken, registryToken } = credentials;
  // With containerd's image store an engine gives credentials to the host of this address alone, and
  // knows Docker Hub's by this one.
  const serveraddress = registryHost === "docker.io" ? "https://index.docker.io/v1/" : registryHost;
  if (registryToken !== undefined) return { registrytoken: registryToken.value, serveraddress };
  return identityToken === null
    ? { username, password, serveraddress }
    : { identitytoken: identityToken, serveraddress };
}

/** Finds the reason of a failed pull: what the engine says of it, or else what it says of the manifest. */
async function classify(
  engine: Engine,
  { reference, platform, credentials }: PullRequest,
  { name, digest }: DigestReference,
  { message, status }: PullError,
): Promise<CommandFailure> {
  const detail = `The engine says: ${message}`;
  const failure = (code: FailureCode, sentence: string): CommandFailure =>
    new CommandFailure(code, `${sentence} ${detail}`);
  if (await isDiskFull(engine)) {
    return failure(
      "disk_full",
      `The disk of this server is too full to pull ${reference}: prune images or make room.`,
    );
  }
  const reason =
    (status === 401 || status === 403 ? "login" : pullReason(message)) ??
    (await manifestReason(engine, `${name}@${digest}`, credentials)) ??
    (status === 404 ? "hidden" : null);
  switch (reason) {
    case "registry":
      return failure(
        "registry_unavailable",
        `The registry of ${name} cannot be reached from this server, or has a problem of its own, so ${reference} was not pulled.`,
      );
    case "login":
      return failure("unauthorized", loginSentence(name, credentials));
    case "hidden":
      return failure(
        "not_found",
        `The registry has no image ${reference}, or does not show it to these credentials.`,
      );
    case "platform":
      return failure(
        "no_platform",
        `The registry has no image ${reference} for ${platform ?? "the platform of this server"}.`,
      );
    case "image":
      return failure(
        "image_unusable",
        `The registry does not have ${reference} completely, or what it has is not an image that this server can use: push it again, or deploy another digest.`,
      );
    default:
      return failure("pull_failed", `${reference} could not be pulled.`);
  }
}

function loginSentence(name: string, credentials: Credentials | null): string {
  const registry = `The registry of ${name}`;
  if (credentials === null) {
    return `${registry} needs credentials: add them to the registry connection.`;
  }
  if (credentials.registryToken === undefined) {
    return `${registry} does not accept the credentials of its registry connection: check user name and password.`;
  }
  return hasRunOut(credentials)
    ? `The token for ${name} ran out before the pull was done: let the registry's tokens last longer, or set its registry connection to give the password to agents always.`
    : `${registry} does not accept the token that its token service gave: check that the account of its registry connection may pull this image.`;
}

/** What the engine's answer says of the reason if it asks the registry for the manifest alone. */
async function manifestReason(
  engine: Engine,
  reference: string,
  credentials: Credentials | null,
): Promise<PullReason | null> {
  // The engine passes a registry's 401 or 403 on only if the request has credentials.
  const auth = credentials === null ? { username: "none", password: "none" } : authOf(credentials);
  try {
    await engine.docker
      .getImage(reference)
      .distribution({ authconfig: auth } as Record<string, unknown>);
    return null;
  } catch (error) {
    const status = statusOf(error);
    if (status === 401 || status === 403) return "login";
    if (status === 429) return "registry";
    return pullReason(engineMessage(error)) ?? (status === 404 ? "hidden" : null);
  }
}

async function isDiskFull(engine: Engine): Promise<boolean> {
  try {
    const info = await engine.docker.info();
    const free = await diskFreeBytes(engine, info.DockerRootDir ?? "");
    return free !== null && free < fullDiskBytes;
  } catch {
    return false;
  }
}
