/**
 * One container as a person might have made it with the docker command line of the engine's own
 * version. In `options`, `@` is the container's own name, for whatever else the row makes.
 */
export interface Row {
  /** the API version, and with it the command line, that first knew the setting; undefined: 1.41 */
  since?: string;
  /** The engine may refuse it for what its machine or its store is: then the row is skipped with its words. */
  mayBeRefused?: true;
  title: string;
  options: string[];
  /** after the image */
  command?: string[];
  /** what the user set thereby, see `expectedAfter` */
  own?: string[];
  /** commands before it is run, and after */
  before?: string[][];
  after?: string[][];
  allowAutoRemove?: true;
  /** only created, because it cannot run everywhere or nothing would be seen of it if it did */
  created?: true;
}

export const row = (
  title: string,
  options: string,
  own: string[] = [],
  more: Partial<Row> = {},
): Row => ({
  title,
  options: options === "" ? [] : options.split(" "),
  own,
  ...more,
});

export const created = { created: true } as const;
const sleep = { command: ["sleep", "600"], own: ["Cmd", "StopSignal"] };
const asSleep = { command: sleep.command };
const healthFields = ["Healthcheck.Test", "Healthcheck.Interval", "Healthcheck.Timeout"];

export const processRows: Row[] = [
  row("nothing of the user's", ""),
  row(
    "variables added",
    "-e MINE=1 -e EMPTY= -e WITH=a=b=c",
    ["Env.MINE", "Env.EMPTY", "Env.WITH"],
    created,
  ),
  row("a variable overridden", "-e VERSION=mine", ["Env.VERSION"], created),
  row("a variable set to what the image says", "-e ONE=1 -e BOTH=same", [], created),
  row("a variable of the next image set already", "-e TWO=mine", ["Env.TWO"], created),
  row("a path overridden", "-e PATH=/bin:/mine", ["Env.PATH"], created),
  row("labels added", "-l mine=1 -l empty=", ["Labels.mine", "Labels.empty"], created),
  row("a label overridden", "-l made=mine", ["Labels.made"], created),
  row("a label set to what the image says", "-l one=yes", [], created),
  // The image's own command is root's.
  row("a user", "-u 1000:1000 --stop-signal SIGKILL", ["User", ...sleep.own], asSleep),
  row(
    "a user by name, with groups",
    "-u app --group-add 2000 --group-add 3000 --stop-signal SIGKILL",
    ["User", ...sleep.own],
    asSleep,
  ),
  row("a working directory", "-w /bin", ["WorkingDir"]),
  row("a stop signal", "--stop-signal SIGKILL", ["StopSignal"], created),
  row("a stop timeout", "--stop-timeout 3", [], created),
  row("a terminal", "-t -i"),
  row("standard input kept open", "-i"),
  row("a command", "--stop-signal SIGKILL", [], sleep),
  row("an entrypoint alone", "--entrypoint serve", ["Entrypoint", "Cmd"]),
  row("an entrypoint with a command", "--entrypoint sh", ["Entrypoint", "Cmd"], {
    command: ["-c", "exec serve"],
  }),
  row("no entrypoint", "--entrypoint=", ["Entrypoint", "Cmd"], { command: ["serve"] }),
  row(
    "a health check of its own",
    "--health-cmd true --health-interval 7s --health-timeout 3s",
    [...healthFields],
    created,
  ),
  row(
    "only the interval of the health check",
    "--health-interval 9s",
    ["Healthcheck.Interval"],
    created,
  ),
  row(
    "only retries and start period",
    "--health-retries 9 --health-start-period 8s",
    ["Healthcheck.Retries", "Healthcheck.StartPeriod"],
    created,
  ),
  row("only the health check's command", "--health-cmd true", ["Healthcheck.Test"], created),
  row("no health check", "--no-healthcheck", ["Healthcheck.Test"], created),
  row("a host name", "--hostname mine", []),
  row("a host and domain name", "--hostname mine --domainname example.org", []),
  row(
    "a port exposed",
    "--expose 9000 --expose 9001/udp",
    ["ExposedPorts.9000/tcp", "ExposedPorts.9001/udp"],
    created,
  ),
];

export const hostRows: Row[] = [
  row("a port published on a fixed port", "-p 127.0.0.1:28721:8080"),
  row("a port published on any port", "-p 8080"),
  row("ports published, of both protocols", "-p 127.0.0.1:28722:9090/udp -p 127.0.0.1:28722:9090", [
    "ExposedPorts.9090/udp",
    "ExposedPorts.9090/tcp",
  ]),
  row("a port published twice", "-p 127.0.0.1:28723:8080 -p 127.0.0.1:28724:8080"),
  row("all ports published", "-P"),
  row("an anonymous volume", "-v /anonymous", ["Volumes./anonymous"]),
  row("a named volume", "-v @-v:/named"),
  row("a named volume, read-only", "-v @-v:/named:ro", [], created),
  row("a named volume in the place of the image's", "-v @-v:/data"),
  row("a directory of the host", "-v /tmp:/host:ro -v /etc:/host2"),
  row("a directory of the host with propagation", "-v /tmp:/host:rslave", [], created),
  row("a mounted directory", "--mount type=bind,src=/tmp,dst=/host,readonly"),
  row("a mounted volume", "--mount type=volume,src=@-v,dst=/vol,volume-nocopy"),
  row("a mounted volume without a name", "--mount type=volume,dst=/vol"),
  row(
    "a mounted memory file system",
    "--mount type=tmpfs,dst=/mem,tmpfs-size=1048576,tmpfs-mode=700",
  ),
  row("memory file systems", "--tmpfs /run --tmpfs /mem:size=64k,mode=1770"),
  row("volumes from another container", "--volumes-from @-p:ro", [], {
    before: [["create", "--name", "@-p", "-v", "/shared", "-v", "@-v:/named", "IMAGE"]],
  }),
  row("a read-only root", "--read-only --tmpfs /tmp"),
  row("limits of memory", "-m 64m --memory-reservation 32m --memory-swap 128m --oom-score-adj 100"),
  row("limits of the processor", "--cpus 0.5 --cpuset-cpus 0 --pids-limit 100", [], created),
  row(
    "shares of the processor",
    "--cpu-shares 512 --cpu-period 50000 --cpu-quota 25000",
    [],
    created,
  ),
  row(
    "a limit of a device",
    "--device-read-bps /dev/null:1mb --device-write-iops /dev/null:100",
    [],
    created,
  ),
  row("capabilities", "--cap-add NET_ADMIN --cap-add SYS_TIME --cap-drop MKNOD"),
  row("all capabilities dropped but some", "--cap-drop ALL --cap-add CHOWN --cap-add KILL"),
  row("privileges", "--privileged", [], created),
  row("security options", "--security-opt no-new-privileges --security-opt seccomp=unconfined"),
  row("unmasked paths", "--security-opt systempaths=unconfined", [], created),
  row("devices", "--device /dev/null:/dev/mine:r --device /dev/zero"),
  row("a rule for devices", "", [], {
    ...created,
    options: ["--device-cgroup-rule", "c 1:3 rwm"],
  }),
  row("kernel settings", "--sysctl net.core.somaxconn=1024 --sysctl net.ipv4.ip_forward=0"),
  row("limits of the user", "--ulimit nofile=1024:2048 --ulimit core=0"),
  row("options of its log", "--log-driver json-file --log-opt max-size=1m --log-opt max-file=3"),
  row("another log driver", "--log-driver local --log-opt max-size=2m", [], created),
  row("no log", "--log-driver none", [], created),
  row("an init process", "--init"),
  row("a runtime and a control group", "--runtime runc --cgroup-parent /bridgeport-test"),
  row("shared memory", "--shm-size 32m"),
  row("memory shared with others", "--ipc shareable"),
  row("no shared memory", "--ipc none"),
  row("the host's processes", "--pid host"),
  row("the host's name", "--uts host"),
  row("the host's users", "--userns host", [], created),
  row("restart: always", "--restart always", [], created),
  row("restart: unless stopped", "--restart unless-stopped", [], created),
  row("restart: on failure", "--restart on-failure:3", [], created),
  row("removal when it ends", "--rm", [], { allowAutoRemove: true }),
  row("a stopped one", "", [], { after: [["stop", "@"]] }),
  row("a paused one", "", [], { after: [["pause", "@"]] }),
];

export const subnet = ["network", "create", "--subnet"];
export const networkRows: Row[] = [
  row("no network", "--network none"),
  row("the host's network", "--network host", [], {
    ...sleep,
    options: ["--network", "host", "--stop-signal", "KILL"],
  }),
  row("another container's network", "--network container:@-p", [], {
    before: [
      [
        "run",
        "-d",
        "--name",
        "@-p",
        "--entrypoint",
        "sleep",
        "--stop-signal",
        "KILL",
        "IMAGE",
        "600",
      ],
    ],
  }),
  row("another container's processes and memory", "--pid container:@-p --ipc container:@-p", [], {
    before: [
      [
        "run",
        "-d",
        "--name",
        "@-p",
        "--ipc",
        "shareable",
        "--entrypoint",
        "sleep",
        "--stop-signal",
        "KILL",
        "IMAGE",
        "600",
      ],
    ],
  }),
  row("a network with aliases", "--network @-n --network-alias one --network-alias two", [], {
    before: [["network", "create", "@-n"]],
  }),
  row("a fixed address", "--network @-n --ip 10.199.41.17", [], {
    before: [[...subnet, "10.199.41.0/24", "@-n"]],
  }),
  row("several networks, with addresses and aliases", "--network @-n --ip 10.199.42.17", [], {
    before: [
      [...subnet, "10.199.42.0/24", "@-n"],
      [...subnet, "10.199.43.0/24", "@-m"],
      ["network", "create", "@-o"],
    ],
    after: [
      ["network", "connect", "--ip", "10.199.43.18", "--alias", "back", "@-m", "@"],
      ["network", "connect", "--link", "@:myself", "@-o", "@"],
    ],
  }),
  row("the default network left for another", "", [], {
    before: [["network", "create", "@-n"]],
    after: [
      ["network", "connect", "@-n", "@"],
      ["network", "disconnect", "bridge", "@"],
    ],
  }),
  row("links", "--link @-p:database --link @-p", [], {
    before: [["run", "-d", "--name", "@-p", "IMAGE"]],
  }),
  row("name servers", "--dns 10.0.0.53 --dns-search example.org --dns-option ndots:3", [], created),
  row("more hosts", "--add-host one:10.0.0.1 --add-host two:10.0.0.2", [], created),
];
