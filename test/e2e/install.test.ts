import { execFile } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { dirname } from "node:path";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import { type Certificates, makeCertificates } from "../harness/certificates.ts";
import { clientOf, dockerCli } from "../harness/docker-cli.ts";
import { type Engine, startEngine } from "../harness/engine.ts";
import { ForwardProxy } from "../harness/forward-proxy.ts";
import { type Host, hasHostRoot, hostRoot, startHost } from "../harness/host.ts";
import { type HostKind, hostRoots } from "../harness/host-root.ts";
import type { Environment, Server } from "../harness/resources.ts";
import { createScratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";

/*
 * The script that installs agents, as the control plane hands it out, on small servers with another
 * Debian. They have no systemd: there the script starts the agent by itself, and a stand-in for
 * systemctl shows what it asks of systemd.
 */

const run = promisify(execFile);
const packaging = fileURLToPath(new URL("../../agent/packaging/main.mjs", import.meta.url));
/** The group of Docker's socket on the hosts. */
const dockerGroup = 4321;

let system: System;
let engine: Engine;
let api: Api;
let environment: Environment;
let host: Host | undefined;

const none = Object.keys(hostRoots).some((kind) => !hasHostRoot(kind as HostKind));

beforeAll(async () => {
  if (none) return;
  [engine, system] = await Promise.all([
    startEngine(),
    startSystem(),
    // The libraries of the image come from one of the hosts.
    run(process.execPath, [
      packaging,
      "--program",
      "agent",
      `linux-${process.arch}`,
      "--images",
      "--base",
      hostRoot("12"),
    ]),
  ]);
  chownSync(engine.socket, 0, dockerGroup);
  api = await system.login();
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  environment = environments[0] as Environment;
});
afterEach(async () => {
  await host?.remove();
  host = undefined;
});
afterAll(async () => {
  await system?.remove();
  await engine?.remove();
});

interface Added {
  server: Server;
  join: { command: string; docker: string; token: string; checksumsSha256: string };
}

let number = 0;
function add(): Promise<Added> {
  number += 1;
  return api.post<Added>(`/api/environments/${environment.id}/servers`, { name: `host-${number}` });
}

async function start(debian: HostKind, socket: string | null = engine.socket): Promise<Host> {
  host = await startHost(debian, socket);
  await host.sh(`echo docker:x:${dockerGroup}: >>/etc/group`);
  return host;
}

const status = async (id: string) =>
  (await api.get<{ server: Server }>(`/api/servers/${id}`)).server.status;

test.skipIf(none)("the line for a container loads the image, joins and runs", async () => {
  const docker = dockerCli(engine.host);
  const programs = dirname(clientOf(engine.host, "docker"));
  const { server, join } = await add();
  try {
    await run("sh", ["-c", join.docker.replaceAll("/var/run/docker.sock:", `${engine.socket}:`)], {
      env: { ...process.env, PATH: `${programs}:${process.env.PATH}`, DOCKER_HOST: engine.host },
    });
    await api.until<{ server: Server }>(
      `/api/servers/${server.id}`,
      (body) => body.server.status === "online",
      { what: "the agent in a container to be online" },
    );
    const inspected = await docker.run("inspect", "bridgeport-agent");
    expect(inspected).not.toContain(join.token);
  } finally {
    await docker.remove();
  }
});

/** What the script may leave on a host. */
const left =
  "ls -d /usr/local/bin/.b* /usr/local/bin/* /usr/local/lib/bridgeport* /var/lib/bridgeport* /etc/bridgeport /etc/systemd/system/b* /tmp/* 2>/dev/null; grep bridgeport /etc/passwd; true";

describe.skipIf(none)("install.sh", () => {
  test.each(["12", "13"] as const)(
    "on Debian %s installs an agent that runs, twice, and takes it away again",
    async (debian) => {
      const there = await start(debian);
      const { server, join } = await add();
      const first = await there.sh(join.command);
      expect(first).toMatchObject({ code: 0 });
      expect(first.output).toContain("is connected");
      expect(await status(server.id)).toBe("online");

      const state = await there.sh(
        "stat -c '%a %U' /var/lib/bridgeport-agent/ /etc/bridgeport/agent.env",
      );
      expect(state.output).toBe("700 bridgeport-agent\n600 root\n");
      const running = await there.sh(
        "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done; grep -r bp1 /var/lib/bridgeport-agent /etc/bridgeport /usr/local/lib; true",
      );
      expect(running.output).toContain("/usr/local/bin/bridgeport-agent --state-dir");
      expect(running.output).not.toContain(join.token);

      // A link's own group says nothing.
      await there.sh("ln -s docker.sock /run/link.sock");
      const again = await there.sh(join.command, { DOCKER_HOST: "unix:///run/link.sock" });
      expect(again).toMatchObject({ code: 0 });
      expect(again.output).toContain("joined");
      expect(again.output).toContain("is connected");

      const removed = await there.sh(
        `curl -fsSL ${system.url}/api/agent/install.sh | sh -s -- --uninstall`,
      );
      expect(removed).toMatchObject({ code: 0 });
      expect((await there.sh(left)).output).toBe("");
      await api.until<{ server: Server }>(
        `/api/servers/${server.id}`,
        (body) => body.server.status === "offline",
        { what: "the removed agent to be offline" },
      );
    },
  );

  test("leaves an agent that runs as it is where a second run fails", async () => {
    const there = await start("13");
    const { server, join } = await add();
    expect(await there.sh(join.command)).toMatchObject({ code: 0 });
    const kept = "cat /etc/bridgeport/agent.env; stat -c %U /var/lib/bridgeport-agent";
    const before = (await there.sh(kept)).output;
    const noEngine = { DOCKER_HOST: "tcp://127.0.0.1:1" };
    expect(await there.sh(`${join.command} --user root`, noEngine)).toMatchObject({ code: 5 });
    // The running agent's own user may have put it there.
    await there.sh(
      "echo theirs >/etc/theirs; ln -s /etc/theirs /var/lib/bridgeport-agent/join-token",
    );
    const unknown = join.command.replace(join.token, `${join.token.slice(0, -8)}AAAAAAAA`);
    const refused = await there.sh(unknown);
    expect(refused).toMatchObject({ code: 6 });
    expect(refused.output).toContain("does not accept this join token");
    const look = "bridgeport-agent --status --wait --state-dir /var/lib/bridgeport-agent";
    expect((await there.sh(look)).output).toContain("is connected");
    await api.until<{ server: Server }>(
      `/api/servers/${server.id}`,
      (body) => body.server.status === "online",
      { what: "the agent to go on" },
    );
    expect((await there.sh(kept)).output).toBe(before);
    expect((await there.sh("cat /etc/theirs; stat -c %U /etc/theirs")).output).toBe(
      "theirs\nroot\n",
    );
  });

  test("asks systemd for a hardened unit", async () => {
    const there = await start("12");
    await there.write("/run/systemd/system/x", "");
    await there.write("/usr/bin/systemctl", standIn, "755");
    const { server, join } = await add();
    expect(await there.sh(join.command)).toMatchObject({ code: 0 });
    expect(await status(server.id)).toBe("online");
    const asked = (await there.sh("cat /systemctl.log")).output.trim().split("\n");
    expect(asked).toEqual([
      "daemon-reload",
      "--quiet enable bridgeport-agent.service",
      "restart bridgeport-agent.service",
    ]);
    const unit = (await there.sh("cat /etc/systemd/system/bridgeport-agent.service")).output;
    expect(unit).not.toContain("bp1.");
    await there.write("/systemd-fails", "");
    const failing = await there.sh(join.command);
    expect(failing).toMatchObject({ code: 1 });
    expect(failing.output).toContain("The agent is installed, but systemd does not start it");
    await there.sh("rm /systemd-fails");
    if (existsSync("/usr/bin/systemd-analyze")) await verifyUnit(unit);
    for (const line of ["User=bridgeport-agent", "ProtectSystem=strict", "Restart=always"]) {
      expect(unit).toContain(line);
    }
    expect(
      await there.sh(`curl -fsSL ${system.url}/api/agent/install.sh | sh -s -- --uninstall`),
    ).toMatchObject({ code: 0 });
    expect((await there.sh(left)).output).toBe("");
  });

  test("believes the https of an authority that the server itself believes", async () => {
    const there = await start("12");
    const certificates = makeCertificates();
    const proxy = await behindTls(certificates);
    try {
      const { server, join } = await add();
      const line = join.command.replaceAll(system.url, proxy.url);
      expect((await there.sh(line)).output).toContain("SSL certificate problem");
      await there.write("/etc/ssl/certs/ca-certificates.crt", certificates.read("company.pem"));
      expect(await there.sh(line)).toMatchObject({ code: 0 });
      expect(await status(server.id)).toBe("online");
    } finally {
      proxy.stop();
      certificates.remove();
    }
  });

  test("goes through the proxy that the environment names, and keeps it until it is unset", async () => {
    const there = await start("12");
    const certificates = makeCertificates();
    const secure = await behindTls(certificates);
    const proxy = new ForwardProxy();
    await proxy.start();
    try {
      for (const name of ["proxy.example:443", "PROXY.example:443"]) {
        proxy.hosts.set(name, Number(new URL(secure.url).port));
      }
      await there.write("/etc/ssl/certs/ca-certificates.crt", certificates.read("company.pem"));
      const { server, join } = await add();
      const line = join.command.replace(/--url \S+/, "--url https://proxy.example");
      const env = { HTTPS_PROXY: `http://${proxy.host}` };
      expect(await there.sh(line, env)).toMatchObject({ code: 0 });
      expect(await status(server.id)).toBe("online");
      // The checksums, the program, and the joining.
      expect(proxy.asked.filter((asked) => asked === "CONNECT proxy.example:443")).toHaveLength(3);
      const kept = "grep -c HTTPS_PROXY= /etc/bridgeport/agent.env";
      expect((await there.sh(kept)).output).toBe("1\n");
      expect(await there.sh(line.replace("proxy.example", "PROXY.example:443"))).toMatchObject({
        code: 0,
      });
      const without = await there.sh(line, { HTTPS_PROXY: "" });
      expect(without).toMatchObject({ code: 4 });
      expect(without.output).toContain("Could not resolve host: proxy.example");
      expect((await there.sh(kept)).output).toBe("1\n");
      expect(await status(server.id)).toBe("online");
    } finally {
      await proxy.stop();
      secure.stop();
      certificates.remove();
    }
  });

  test("needs no more than busybox and what adds users", async () => {
    const there = await start("12");
    await there.sh(
      "mkdir /only && for name in useradd usermod userdel; do ln -s $(command -v $name) /only; done",
    );
    there.copy("/bin/busybox", "/only/busybox");
    await there.sh(
      "for name in $(/only/busybox --list); do [ -e /only/$name ] || ln -s busybox /only/$name; done; mount --bind /only/busybox /usr/bin/dash",
    );
    const proxy = new ForwardProxy();
    await proxy.start();
    try {
      proxy.hosts.set("cp.example:80", Number(new URL(system.url).port));
      const { server, join } = await add();
      const env = { PATH: "/only", HTTP_PROXY: `http://${proxy.host}` };
      const line = join.command
        .replace("curl -fsSL", "wget -qO-")
        .replace(/--url \S+/, "--url http://cp.example");
      const secure = line.replace("http://cp.", "https://cp.").replace(/--sha256 \S+/, "");
      expect(await there.sh(secure, env)).toMatchObject({
        code: 1,
        output: expect.stringContaining("believes every certificate: install curl"),
      });
      expect((await there.sh(left)).output).toBe("");
      const missing = await there.sh(line.replace("cp.example", "no.example"), env);
      expect(missing).toMatchObject({ code: 4 });
      expect(missing.output).toContain("http://no.example: wget: server returned error");
      expect(await there.sh(line, env)).toMatchObject({ code: 0 });
      expect(await status(server.id)).toBe("online");
      expect(proxy.asked.length).toBeGreaterThan(2);
      const stopped = await there.sh("/usr/local/lib/bridgeport-agent/supervise stop", env);
      expect(stopped).toEqual({ code: 0, output: "" });
      await there.sh("/usr/local/lib/bridgeport-agent/supervise", env);
      const removed = await there.sh(
        `wget -qO- ${system.url}/api/agent/install.sh | sh -s -- --uninstall`,
        env,
      );
      expect(removed).toMatchObject({ code: 0 });
      expect((await there.sh(left)).output).toBe("");
    } finally {
      await proxy.stop();
    }
  });

  test("has OpenRC start the agent, again when it is killed, and takes it away there", async () => {
    const there = await start("12 with OpenRC");
    // As if it had booted this host.
    await there.sh(
      "cd /run && mkdir -p openrc && cd openrc && mkdir daemons exclusive failed inactive options scheduled started starting stopping tmp wasinactive && touch softlevel",
    );
    const { server, join } = await add();
    expect(await there.sh(join.command)).toMatchObject({ code: 0 });
    expect(await status(server.id)).toBe("online");
    const look = "bridgeport-agent --status --state-dir /var/lib/bridgeport-agent";
    const runs = (await there.sh("rc-service bridgeport-agent status; rc-update show default"))
      .output;
    expect(runs).toContain("started");
    expect(runs).toContain("bridgeport-agent | default");
    const before = (await there.sh(look)).output;
    const pid = /process (\d+)/.exec(before)?.[1];
    expect((await there.sh(`stat -c %U /proc/${pid}`)).output).toBe("bridgeport-agent\n");
    await there.sh(`kill -9 ${pid}`);
    const again = await there.sh(`${look} --wait`);
    expect(again.output).toContain("is connected");
    expect(again.output).not.toBe(before);
    expect(
      await there.sh(`curl -fsSL ${system.url}/api/agent/install.sh | sh -s -- --uninstall`),
    ).toMatchObject({ code: 0 });
    expect((await there.sh(`${left}; ls /etc/init.d | grep bridgeport`)).output).toBe("");
  });

  test("says in one sentence what is wrong, and leaves nothing", async () => {
    const there = await start("12");
    const { join } = await add();
    const refused = async (line: string, code: number, sentence: string) => {
      const ran = await there.sh(line);
      expect({ line, ...ran }).toMatchObject({ code });
      expect(ran.output.trim().split("\n").at(-1)).toContain(sentence);
      expect((await there.sh(left)).output).toBe("");
    };
    const otherHash = join.command.replace(join.checksumsSha256, "0".repeat(64));
    await refused(otherHash, 4, "its hash is another one");
    await refused(`${join.command} --platform x`, 2, "--platform is not an option");
    await refused(join.command.replace(/--token \S+/, "--token nonsense"), 2, "not a join token");
    await refused(`${join.command} --state-dir /etc`, 2, "has other files in it");
    await refused(`${join.command} --user nobody`, 5, "nobody cannot use Docker");
    chownSync(engine.socket, 0, 0);
    try {
      await refused(join.command, 5, "is for root only: add --user root");
    } finally {
      chownSync(engine.socket, 0, dockerGroup);
    }
    const noSocket = `DOCKER_HOST=unix:///nowhere.sock; export DOCKER_HOST; ${join.command}`;
    await refused(noSocket, 5, "There is no Docker Engine at /nowhere.sock");
    await there.sh("mount -t tmpfs -o size=30m tmpfs /usr/local/bin");
    await refused(join.command, 8, "There is no space left in /usr/local/bin");
    await there.sh("umount /usr/local/bin");
    const unused = await there.sh(`${join.command} >/dev/null`);
    expect(unused).toEqual({ code: 0, output: "" });
  });

  test("a token that is used up, and an agent of another control plane, are left alone", async () => {
    const there = await start("13");
    const { server, join } = await add();
    expect(await there.sh(join.command)).toMatchObject({ code: 0 });
    const other = await there.sh(join.command.replace(/--url \S+/, "--url http://other.example"));
    expect(other).toMatchObject({ code: 7 });
    expect(other.output).toContain(`An agent of ${system.url} is installed here already`);
    expect(await status(server.id)).toBe("online");
    await host?.remove();

    const second = await start("13");
    const used = await second.sh(join.command);
    expect(used).toMatchObject({ code: 6 });
    expect(used.output).toContain("does not accept this join token");
    expect((await second.sh(left)).output).toBe("");
    const { join: fresh } = await api.post<Added>(`/api/servers/${server.id}/join-token`, {});
    expect(await second.sh(fresh.command)).toMatchObject({ code: 0 });
  });
});

/** The control plane behind https, by a certificate of an authority of one's own. @returns stops it */
async function behindTls(certificates: Certificates): Promise<{ url: string; stop(): void }> {
  certificates.authority("company");
  certificates.signed("proxy", "company", "1", "proxy.example");
  const { read } = certificates;
  const { hostname, port } = new URL(system.url);
  const server = createServer({ cert: read("proxy.pem"), key: read("proxy.key") }, (socket) => {
    const behind = connect(Number(port), hostname);
    socket.on("error", () => behind.destroy());
    behind.on("error", () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, stop: () => server.close() };
}

/** systemd's own opinion of a unit; the program that it starts is not on this machine. */
async function verifyUnit(unit: string): Promise<void> {
  const scratch = createScratch("unit");
  try {
    const file = scratch.path("bridgeport-agent.service");
    writeFileSync(file, unit.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true"));
    const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", file]);
    expect(stdout + stderr).not.toContain("bridgeport-agent.service:");
  } finally {
    await scratch.remove();
  }
}

/** Does of systemctl what the script needs: starts what the unit says. */
const standIn = `#!/bin/sh
echo "$*" >>/systemctl.log
[ ! -e /systemd-fails ] || exit 5
unit=/etc/systemd/system/bridgeport-agent.service
value() { sed -n "s/^$1=//p" $unit; }
case $1 in
  restart)
    set -a; . "$(value EnvironmentFile)"; set +a
    setsid su -s /bin/sh "$(value User)" -c "exec $(value ExecStart)" >/dev/null 2>&1 </dev/null &
    echo $! >/run/agent.pid ;;
  stop) kill "$(cat /run/agent.pid)" && while [ -s /proc/$(cat /run/agent.pid)/cmdline ]; do sleep 1; done ;;
esac
`;
