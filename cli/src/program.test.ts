import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { exit } from "./exit.ts";
import { type Ran, runWith } from "./io.fixture.ts";
import type { Io } from "./io.ts";
import { makeProgram } from "./program.ts";

const environments = [{ id: "e1", name: "production" }];
const image = { id: "i1", name: "web", imageName: "ghcr.io/shop/web" };

/** Answers by method and path; anything else is an error of the test. */
function serving(answers: Record<string, unknown>, refused: Record<string, [number, string]> = {}) {
  return (request: Request): Response => {
    const key = `${request.method} ${new URL(request.url).pathname.replace("/api/", "")}`;
    const refusal = refused[key];
    if (refusal) {
      return Response.json({ error: refusal[1], code: "refused" }, { status: refusal[0] });
    }
    if (key in answers) return Response.json(answers[key]);
    throw new Error(`nobody answers ${key}`);
  };
}
const lists = {
  "GET environments": { environments, total: 1 },
  "GET environments/e1/container-images": { images: [image], total: 1 },
};

function summary({ code, out, err }: Ran) {
  return { code, out: out.trim(), err: err.trim() };
}

describe("wrong usage", () => {
  it.each([
    [["imags"], "(Did you mean images?)"],
    [["images", "--jsn"], "(Did you mean --json?)"],
    [["digests"], "missing required argument"],
    [["completion", "tcsh"], "Allowed choices are bash, zsh, fish"],
    [["deploy", "web"], "Deploy what?"],
    [["plans", "--limit", "0"], "--limit takes a number from 1 to 100"],
    [["diff", "-f", "/nonexistent.yaml"], "/nonexistent.yaml cannot be read"],
    [["backup"], "runs where the control plane is installed"],
  ])("%j ends with 1 and says what is wrong", async (args, words) => {
    const { code, out, err } = await runWith(args, serving(lists));
    expect(err).toContain(words);
    expect([code, out]).toEqual([1, ""]);
  });
  it("asks for help on stdout and ends well", async () => {
    const { code, out } = await runWith(["deploy", "--help"], serving({}));
    expect(code).toBe(0);
    expect(out).toContain("Exit codes: 0 completed, 2 rolled back, 3 failed, 4 refused");
  });
  it("needs a control plane and somebody", async () => {
    const nothing = { BRIDGEPORT_URL: undefined, BRIDGEPORT_TOKEN: undefined };
    expect((await runWith(["images"], serving({}), { env: nothing })).err).toContain(
      "bridgeport login <url>",
    );
    const nobody = { BRIDGEPORT_TOKEN: undefined };
    const { code, err, requests } = await runWith(["images"], serving({}), { env: nobody });
    expect([code, requests.length]).toEqual([1, 0]);
    expect(err).toContain("Nobody is logged in to http://127.0.0.1:3000.");
  });
});

describe("exit codes of what the control plane answers", () => {
  it.each([
    [400, 4],
    [403, 4],
    [409, 4],
    [422, 4],
    [401, 1],
    [404, 1],
    [429, 1],
    [502, 1],
    [503, 1],
  ])("%i ends with %i and the control plane's sentence", async (status, code) => {
    const answer = serving(lists, {
      "POST environments/e1/deployment-plans": [status, "No, because."],
    });
    const ran = await runWith(["deploy", "web:v2", "--no-wait"], answer);
    expect(ran.err).toContain("Error: No, because.");
    expect(ran.code).toBe(code);
  });
});

it("sends a deploy as it was asked for, and returns at once with --no-wait", async () => {
  const plan = { id: "p1", imageName: image.imageName, imageTag: "v2", imageDigest: "sha256:00" };
  const services = ["web", "worker"].map((name) => ({
    ...{ id: `s-${name}`, name, containerName: name, containerImageId: "i1" },
    server: { id: "h", name: "one" },
  }));
  const answer = serving({
    ...lists,
    "GET environments/e1/services": { services, total: 2 },
    "POST environments/e1/deployment-plans": { plan },
  });
  const args = ["deploy", "shop/web", "-t", "v2", "-s", "web", "one/worker", "--no-rollback"];
  const { code, out, requests } = await runWith([...args, "--parallel", "--no-wait"], answer);
  expect(await requests.at(-1)?.json()).toEqual({
    tag: "v2",
    autoRollback: false,
    parallelExecution: true,
    serviceIds: ["s-web", "s-worker"],
    containerImageId: "i1",
  });
  expect(new URL(requests.at(-1)?.url ?? "").search).toBe("?execute=true");
  expect(code).toBe(0);
  expect(out).toContain("Follow it: bridgeport plan p1 --follow");
});

it("sends several images as one release, and everything that is behind", async () => {
  const plan = { id: "p1", imageName: image.imageName, imageTag: "v2", imageDigest: "sha256:00" };
  const digest = { id: "d1", manifestDigest: `sha256:${"ab".repeat(32)}`, tags: [] };
  const other = { ...image, id: "i2", name: "Checkout", imageName: "ghcr.io/shop/checkout" };
  const answer = serving({
    ...lists,
    "GET environments/e1/container-images": { images: [image, other], total: 2 },
    "GET container-images/i2/digests": { digests: [digest], total: 1 },
    "POST environments/e1/deployment-plans": { plan },
  });
  const targets = ["--target", "shop/web=v2", "--target", "checkout=sha256:ababab"];
  const sent = async (...args: string[]) => {
    const { requests } = await runWith(["deploy", ...args, "--no-wait"], answer);
    return requests.at(-1)?.json();
  };
  expect(await sent(...targets)).toEqual({
    targets: [
      { containerImageId: "i1", tag: "v2" },
      { containerImageId: "i2", imageDigestId: "d1" },
    ],
    ...{ autoRollback: true, parallelExecution: false },
  });
  expect(await sent("--everything-behind", "--parallel")).toEqual({
    everythingBehind: true,
    ...{ autoRollback: true, parallelExecution: true },
  });
});

it("says which control plane did not answer, also one that is only just logged in to", async () => {
  const away = () => Promise.reject(new TypeError("fetch failed"));
  const login = await runWith(["login", "https://other.example.com"], away);
  expect(login.err).toMatch(/^Error: https:\/\/other\.example\.com cannot be reached/);
  const list = await runWith(["images", "--url=https://other.example.com"], away, {
    env: { BRIDGEPORT_URL: undefined },
  });
  expect(list.err).toContain("https://other.example.com");
});

describe("texts from elsewhere do not work the terminal", () => {
  const evil = "\u001b]0;title\u0007\u001b[2J\u202egnp\u009b2J";
  const terminal = { columns: 80, rows: 24 };
  it("in an error", async () => {
    const ran = await runWith(["images"], serving({}, { "GET environments": [400, `No${evil}.`] }));
    expect(ran.err).toBe("Error: Nognp.\n");
  });
  it("in what is printed and asked", async () => {
    const user = { email: `a${evil}@x`, role: "admin", roles: [] };
    const answer = serving({ "GET auth/me": { user }, ...lists });
    const { out } = await runWith(["whoami"], answer, { terminal });
    expect(out).not.toMatch(/(?!\n)\p{Cc}/u);
  });
  it("and are left as they are in JSON for programs", async () => {
    const user = { email: "a\u009b", role: "admin", roles: [] };
    const answer = serving({ "GET auth/me": { user }, ...lists });
    const { out } = await runWith(["whoami", "--json"], answer);
    expect(JSON.parse(out).user.email).toBe("a\u009b");
  });
});

it("prints what the API answered with --json", async () => {
  const ran = await runWith(["images", "--json"], serving(lists));
  expect(JSON.parse(ran.out)).toEqual({ images: [image], total: 1 });
});

it("says what goes on when it cannot be followed any more", async () => {
  const plan = { id: "p1", imageName: "web", imageTag: "v2", imageDigest: "sha256:00" };
  const answer = serving(
    { "GET deployment-plans/p1": { plan: { ...plan, status: "running" } } },
    { "GET deployment-plans/p1/stream": [401, "This token is not valid any more."] },
  );
  const { code, err } = await runWith(["plan", "p1", "--follow"], answer);
  expect(code).toBe(1);
  expect(err).toContain("This token is not valid any more. Log in with");
  expect(err).toContain("The plan goes on all the same.\nFollow it again: bridgeport plan p1");
});

it("says that there is more than what is shown", async () => {
  const tags = ["v1"];
  const digest = { manifestDigest: "sha256:00", tags, size: 1, pushedAt: null, platforms: [] };
  const answer = serving({
    ...lists,
    "GET container-images/i1/digests": { digests: [digest], total: 300 },
  });
  const { code, err } = await runWith(["digests", "web", "--limit", "1"], answer);
  expect([code, err]).toEqual([0, "1 of 300 are shown; --limit takes another number.\n"]);
});

it("says how long ago something was by the control plane's clock", async () => {
  const at = Date.UTC(2001, 0, 1);
  const server = { id: "h", name: "one", status: "online", diskFreeBytes: 1, serviceCount: 0 };
  const times = { agentVersion: null, dockerVersion: null, os: null, architecture: null };
  const seen = { lastSeenAt: new Date(at - 300_000).toISOString() };
  const answer = serving({
    ...lists,
    "GET environments/e1/servers": { servers: [{ ...server, ...times, ...seen }], total: 1 },
  });
  const dated = (request: Request) => {
    const said = answer(request);
    said.headers.set("date", new Date(at).toUTCString());
    return said;
  };
  expect((await runWith(["servers"], dated)).out).toContain("5 min ago\n");
});

it("takes one way to log in", async () => {
  const { code, err } = await runWith(["login", "x", "--browser", "--token"], serving({}));
  expect(code).toBe(1);
  expect(err).toContain("cannot be used with");
});

it("names the environment where there are several", async () => {
  const two = [...environments, { id: "e2", name: "staging" }];
  const answer = serving({
    "GET environments": { environments: two, total: 2 },
    "GET environments/e2/container-images": { images: [], total: 0 },
  });
  expect(summary(await runWith(["images"], answer))).toEqual({
    code: 1,
    out: "",
    err: "Error: Which environment? Add -e with one of these, or set BRIDGEPORT_ENVIRONMENT: production, staging.",
  });
  expect((await runWith(["images", "-e", "staging"], answer)).code).toBe(0);
  const env = { BRIDGEPORT_ENVIRONMENT: "staging" };
  expect((await runWith(["images"], answer, { env })).code).toBe(0);
  expect((await runWith(["images", "-e", ""], answer, { env })).err).toContain(
    'There is no environment "".',
  );
  expect((await runWith(["images", "-e", "stagign"], answer)).err).toContain(
    'Did you mean "staging"?',
  );
});

it("prunes only after a yes", async () => {
  const answer = serving({
    ...lists,
    "GET environments/e1/servers": { servers: [{ id: "h", name: "one" }], total: 1 },
    "GET servers/h/prune-estimate": {
      images: 2,
      spaceReclaimableBytes: 5,
      spaceReclaimableHuman: "5 B",
    },
    "POST servers/h/prune-images": { spaceReclaimedBytes: 5, spaceReclaimedHuman: "5 B" },
  });
  const posts = ({ requests }: Ran) => requests.filter(({ method }) => method === "POST").length;
  const no = await runWith(["prune", "one"], answer, { answers: ["n"] });
  expect([no.code, posts(no)]).toEqual([1, 0]);
  const dry = await runWith(["prune", "one", "--dry-run"], answer);
  expect([dry.code, posts(dry), dry.out]).toEqual([
    ...[0, 0, "Would remove 2 images, 5 B from one. Nothing was changed.\n"],
  ]);
  const yes = await runWith(["prune", "one"], answer, { answers: ["y"] });
  expect([yes.code, posts(yes), yes.out]).toEqual([0, 1, "Freed 5 B on one.\n"]);
});

it("logs in with a second factor, keeps the session, and ends it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bridgeport-cli-"));
  const file = join(folder, "config.json");
  const env = { BRIDGEPORT_CONFIG: file, BRIDGEPORT_URL: undefined, BRIDGEPORT_TOKEN: undefined };
  let asked = 0;
  const user = { email: "ada@example.com", role: "admin", roles: [] };
  const answer = async (request: Request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/api/auth/login") {
      const body = await request.clone().json();
      asked += 1;
      if (body.code === undefined) {
        return Response.json({ error: "Code.", code: "second_factor_required" }, { status: 401 });
      }
      expect(body).toEqual({
        email: "ada@example.com",
        password: "secret password",
        code: "123456",
      });
      return Response.json({ token: "session-token", user });
    }
    return serving({
      "GET auth/methods": { password: true },
      "GET auth/me": { user },
      "GET environments": lists["GET environments"],
      "POST auth/logout": { ok: true },
    })(request);
  };
  try {
    const answers = ["ada@example.com", "secret password", " 123456 "];
    const login = await runWith(["login", "localhost:3000"], answer, { env, answers });
    expect(summary(login)).toMatchObject({ code: 0, err: "" });
    expect(asked).toBe(2);
    expect(login.requests.at(-1)?.url).toContain("/api/auth/me");
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      current: "localhost:3000",
      contexts: { "localhost:3000": { token: "session-token", kind: "session" } },
    });
    // Logging in again ends the session that is not needed any more, and leaves the environment.
    const inPlace = [...answers];
    const place = ["login", "localhost:3000", "-e", "production"];
    await runWith(place, answer, { env, answers: inPlace });
    const again = [...answers];
    const second = await runWith(["login", "localhost:3000"], answer, { env, answers: again });
    expect(second.requests.at(-1)?.url).toContain("/api/auth/logout");
    expect(JSON.parse(readFileSync(file, "utf8")).contexts["localhost:3000"]).toMatchObject({
      environment: "production",
    });
    // What is not kept is ended at once.
    const nowhere = [...answers];
    const wrong = ["login", "localhost:3000", "-e", "nowhere"];
    const third = await runWith(wrong, answer, { env, answers: nowhere });
    expect(third.err).toContain('There is no environment "nowhere"');
    expect(third.requests.at(-1)?.url).toContain("/api/auth/logout");
    const other = { ...env, BRIDGEPORT_CONTEXT: "elsewhere" };
    expect((await runWith(["logout"], answer, { env: other })).err).toContain("no context");
    const logout = await runWith(["logout"], answer, { env });
    expect(logout.out).toBe("Logged out of http://localhost:3000.\n");
    expect(logout.requests.at(-1)?.headers.get("authorization")).toBe("Bearer session-token");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ current: null, contexts: {} });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("runs the control plane's program for a backup, with its words and its exit code", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bridgeport-home-"));
  try {
    mkdirSync(join(folder, "control-plane/dist"), { recursive: true });
    writeFileSync(
      join(folder, "control-plane/dist/backup.js"),
      'process.exit(process.argv.slice(2).join() === "--to,a b,--json" ? 7 : 1)',
    );
    const env = { BRIDGEPORT_HOME: folder };
    const ran = await runWith(["backup", "--to", "a b", "--json"], serving({}), { env });
    expect(ran.code).toBe(7);
    const none = await runWith(["restore"], serving({}), { env });
    expect(none.err).toContain("There is no control-plane/dist/restore.js below BRIDGEPORT_HOME");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("shows the control plane's own checks beside its own", async () => {
  const checks = [
    { id: "disk", title: "Disk", status: "warning", detail: "5 % free", advice: "Prune images." },
    { id: "odd", status: "unheard of" },
  ];
  const answer = serving({
    "GET openapi.json": { info: { version: "0.0.1" } },
    "GET auth/me": { user: { email: "ada@example.com", role: "admin" } },
    "GET doctor": { checks },
  });
  const ran = await runWith(["doctor"], answer);
  expect(ran.code).toBe(0);
  expect(ran.out).toContain("warning  Version: this program is");
  expect(ran.out).toContain("warning  Disk: 5 % free\n         Prune images.");
  const away = await runWith(["doctor"], () => Promise.reject(new TypeError("fetch failed")));
  expect(away.code).toBe(1);
  expect(away.out).toContain("ERROR    Address");
});

it.each([
  ["99.0.0", "newer than this program"],
  ["0.0.1", "older than this program"],
])(
  "says which side is newer when one of them does not know something: %s",
  async (theirs, words) => {
    const unknown = serving(
      { ...lists, "GET cli/package": { version: theirs } },
      { "GET environments/e1/deployment-plans": [404, "x"] },
    );
    const refused = async (request: Request) => {
      const answer = unknown(request);
      return answer.status === 404
        ? Response.json({ error: "There is no GET /api/…", code: "not_found" }, { status: 404 })
        : answer;
    };
    const { code, err } = await runWith(["plans"], refused);
    expect(code).toBe(1);
    expect(err).toContain(`The control plane is ${theirs}, ${words}`);
    // What is wrong with the request itself has nothing to do with it.
    const no = serving(
      { "GET cli/package": { version: theirs } },
      { "GET environments": [403, "No."] },
    );
    expect((await runWith(["plans"], no)).err).toBe("Error: No.\n");
    // An answer without what this program reads.
    const shorter = serving({
      ...{ ...lists, "GET cli/package": { version: theirs } },
      "GET environments/e1/servers": { servers: [{ id: "h", name: null }], total: 1 },
    });
    expect((await runWith(["servers"], shorter)).err).toContain(words);
  },
);

it("completes commands, options and names", async () => {
  const complete = async (...words: string[]) =>
    (await runWith(["__complete", "--", ...words], serving(lists))).out.trim().split("\n");
  expect(await complete("dep")).toEqual(["deploy"]);
  expect(await complete("deploy", "")).toEqual(["ghcr.io/shop/web", "web"]);
  expect(await complete("deploy", "--dry")).toEqual(["--dry-run"]);
  expect(await complete("deploy", "--on-failure", "")).toEqual(["rollback", "pause"]);
  expect(await complete("images", "-e", "")).toEqual(["production"]);
  expect(await complete("tokens", "c")).toEqual(["create"]);
  expect(await complete("completion", "")).toEqual(["bash", "zsh", "fish"]);
  // What cannot be asked for is not completed.
  expect(await complete("services", "--server", "")).toEqual([""]);
});

it("is described, with every command and exit code", () => {
  const page = readFileSync(fileURLToPath(new URL("../../docs/cli.md", import.meta.url)), "utf8");
  const noMaking = { io: { env: {}, terminal: () => null } as unknown as Io, endWith() {} };
  const commands = makeProgram(noMaking)
    .commands.map((command) => command.name())
    .filter((name) => !name.startsWith("__"));
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const described = (name: string) =>
    rows.filter((row) => new RegExp(`^\\| [^|]*\`${name}(?![\\w-])`).test(row)).length;
  expect(commands.filter((name) => described(name) !== 1)).toEqual([]);
  for (const code of Object.values(exit)) expect(page).toContain(`\n| ${code} | `);
});
