import { created, type Row, row, subnet } from "./fidelity-rows.ts";

const withSubdirectory = [
  [
    ...["run", "--rm", "-v", "@-v:/v", "--entrypoint", "mkdir", "IMAGE"],
    ...["-p", "/v/inner/most", "/v/other"],
  ],
];

/** What engines learned after 20.10, and what needs more of the machine than a container. */
export const newerRows: Row[] = [
  row("the first health check's interval", "--health-start-interval 2s", [], {
    ...created,
    since: "1.44",
    own: ["Healthcheck.StartInterval"],
  }),
  row("annotations", "--annotation one=1 --annotation org.example/two=b=c", [], { since: "1.43" }),
  row(
    "a directory of a volume",
    "--mount type=volume,src=@-v,dst=/vol,volume-subpath=inner/most",
    [],
    { since: "1.45", before: withSubdirectory },
  ),
  row(
    "a directory of the image's volume",
    "--mount type=volume,src=@-v,dst=/data,volume-subpath=other",
    [],
    {
      since: "1.45",
      before: withSubdirectory,
    },
  ),
  row("an image mounted", "--mount type=image,src=IMAGE,dst=/image", [], {
    since: "1.48",
    mayBeRefused: true,
  }),
  row(
    "a directory of an image mounted",
    "--mount type=image,src=IMAGE,dst=/image,image-subpath=etc",
    [],
    {
      since: "1.48",
      mayBeRefused: true,
    },
  ),
  row(
    "a directory without what is mounted in it",
    "--mount type=bind,src=/tmp,dst=/host,bind-recursive=disabled",
    [],
    {
      since: "1.44",
    },
  ),
  row(
    "a read-only directory with writable mounts in it",
    "--mount type=bind,src=/tmp,dst=/host,readonly,bind-recursive=writable",
    [],
    { since: "1.44" },
  ),
  row(
    "a read-only directory, whatever is mounted in it",
    "--mount type=bind,src=/etc,dst=/host,readonly,bind-recursive=readonly,bind-propagation=rprivate",
    [],
    { since: "1.44", mayBeRefused: true },
  ),
  row("options of a memory file system", "--mount type=tmpfs,dst=/mem,tmpfs-mode=1770"),
  row("a volume with a driver's options and labels", "", [], {
    options: [
      "--mount",
      "type=volume,src=@-v,dst=/vol,volume-driver=local,volume-label=mine=1,volume-opt=type=tmpfs,volume-opt=device=tmpfs",
    ],
  }),
  row("a control group namespace of its own", "--cgroupns private", [], { mayBeRefused: true }),
  row("the host's control groups", "--cgroupns host"),
  row(
    "security options of many kinds",
    "--security-opt apparmor=unconfined --security-opt label=disable --security-opt no-new-privileges=true",
    [],
    created,
  ),
  row("a security profile of a file", "", [], {
    ...created,
    options: ["--security-opt", "seccomp=PROFILE"],
  }),
  row("all graphics processors", "--gpus all", [], { ...created, mayBeRefused: true }),
  row("some graphics processors", "", [], {
    ...created,
    mayBeRefused: true,
    options: ["--gpus", '"device=0,2","capabilities=compute,utility"'],
  }),
  row("a device of a vendor", "--device example.org/class=one", [], {
    ...created,
    since: "1.44",
    mayBeRefused: true,
  }),
  row("options of its store", "--storage-opt size=1G", [], { ...created, mayBeRefused: true }),
  row("weights of block devices", "--blkio-weight 300", [], { ...created, mayBeRefused: true }),
  row("memory that is never swapped", "--memory 64m --memory-swappiness 0", [], {
    ...created,
    mayBeRefused: true,
  }),
  row("a driver for volumes", "--volume-driver local -v @-v:/vol"),
  row("a port published on an address of version 6", "-p [::1]:28725:8080", [], created),
  row("a range of ports", "-p 127.0.0.1:28730-28732:8080", [], created),
];

const six = ["network", "create", "--ipv6", "--subnet"];
export const twoNetworks = [
  ["network", "create", "@-n"],
  ["network", "create", "@-m"],
];
export const macs =
  "--network name=@-n,mac-address=02:11:22:33:44:01 --network name=@-m,mac-address=02:11:22:33:44:02";
export const newerNetworkRows: Row[] = [
  // A newer command line asks for it in words that an older engine does not know; Compose 1 does not.
  row("a MAC address", "--network @-n --mac-address 02:11:22:33:44:03", [], {
    before: twoNetworks,
    mayBeRefused: true,
  }),
  row("a MAC address in each network", macs, [], { since: "1.44", before: twoNetworks }),
  row("a MAC address in each network, never started", macs, [], {
    ...created,
    since: "1.44",
    before: twoNetworks,
  }),
  row(
    "a MAC address in the second network only",
    "--network @-n --network name=@-m,mac-address=02:11:22:33:44:02",
    [],
    { since: "1.44", before: twoNetworks },
  ),
  row(
    "several networks from the start",
    "--network name=@-n,alias=one,alias=two --network name=@-m,ip=10.199.45.9,alias=three",
    [],
    {
      since: "1.44",
      before: [
        ["network", "create", "@-n"],
        [...subnet, "10.199.45.0/24", "@-m"],
      ],
    },
  ),
  row(
    "the network that leads out",
    "--network name=@-n,gw-priority=-5 --network name=@-m,gw-priority=100",
    [],
    { since: "1.48", before: twoNetworks },
  ),
  row(
    "names of its interfaces",
    "--network name=@-n,driver-opt=com.docker.network.endpoint.ifname=lan0 --network name=@-m,driver-opt=com.docker.network.endpoint.ifname=wan0",
    [],
    { since: "1.48", before: twoNetworks },
  ),
  row(
    "kernel settings of an interface",
    "--network name=@-n,driver-opt=com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1",
    [],
    { since: "1.46", before: twoNetworks },
  ),
  row("a fixed address of version 6", "--network @-n --ip6 fd00:199:46::17", [], {
    before: [[...six, "fd00:199:46::/64", "@-n"]],
    mayBeRefused: true,
  }),
  row(
    "fixed addresses of both versions in two networks",
    "--network name=@-n,ip=10.199.47.17,ip6=fd00:199:47::17 --network name=@-m,ip6=fd00:199:48::17",
    [],
    {
      since: "1.44",
      before: [
        [...six, "fd00:199:47::/64", "--subnet", "10.199.47.0/24", "@-n"],
        [...six, "fd00:199:48::/64", "@-m"],
      ],
    },
  ),
  row("a link-local address", "--network @-n --link-local-ip 169.254.77.7", [], {
    before: twoNetworks,
    mayBeRefused: true,
  }),
];
