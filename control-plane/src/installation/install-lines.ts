/** Ways to install an agent, each a text to copy. All have the join token in them. */
export interface InstallLines {
  /** one line for a shell on the server */
  command: string;
  /** the same, with the agent in a container: one line */
  docker: string;
  /** a compose file, with the line to join by as a comment */
  compose: string;
  /** user data for a new machine */
  cloudInit: string;
}

/** What the lines name. */
export interface Installing {
  /** the control plane's, without a trailing slash */
  publicUrl: string;
  token: string;
  version: string;
  /** SHA-256 of the checksums, which install.sh then insists on; null: not packaged yet */
  checksums: string | null;
}

/** The lines for one join token. */
export function installLines({ publicUrl, token, version, checksums }: Installing): InstallLines {
  const url = shellWord(publicUrl);
  const script = shellWord(`${publicUrl}/api/agent/install.sh`);
  const pin = checksums === null ? "" : ` --sha256 ${checksums}`;
  const command = `curl -fsSL ${script} | sh -s -- --url ${url} --token ${shellWord(token)}${pin}`;
  const image = `bridgeport-agent:${version}`;
  const load = `curl -fsSL ${shellWord(`${publicUrl}/api/agent/image.tar?platform=`)}"$(uname -m)" | docker load`;
  const joins = `--url ${url} --token-file - --join-only`;
  const mounts =
    "-v bridgeport-agent:/state -v /var/run/docker.sock:/var/run/docker.sock -v /etc/bridgeport:/etc/bridgeport:ro";
  // By standard input, as the arguments of a container are kept for everybody to read.
  const give = `printf %s ${shellWord(token)} |`;
  return {
    command,
    docker: [
      load,
      `${give} docker run -i --rm -v bridgeport-agent:/state --network host ${image} ${joins}`,
      `docker run -d --name bridgeport-agent --network host --restart unless-stopped ${mounts} ${image}`,
    ].join(" && "),
    compose: `# 1. ${load}
# 2. ${give} docker compose run --rm -T agent ${joins}
# 3. docker compose up -d
services:
  agent:
    image: ${image}
    network_mode: host
    restart: unless-stopped
    volumes:
      - state:/state
      - /var/run/docker.sock:/var/run/docker.sock
      - /etc/bridgeport:/etc/bridgeport:ro
volumes:
  state:
`,
    cloudInit: `#cloud-config
# The machine's image has to have Docker.
runcmd:
  - ${JSON.stringify(command)}
`,
  };
}

/**
 * The lines that install the command line: one downloads it, one checks its hash and puts it in place. What
 * has another hash is not installed.
 */
export function commandLineInstall({
  publicUrl,
  version,
  platform,
  sha256,
}: {
  publicUrl: string;
  version: string;
  platform: string;
  sha256: string;
}): string[] {
  const from = shellWord(`${publicUrl}/api/cli/download/${version}/${platform}.gz`);
  return [
    `curl -fsSL ${from} | gunzip > bridgeport`,
    `echo "${sha256}  bridgeport" | sha256sum -c && $(command -v sudo) install -m 755 bridgeport /usr/local/bin/`,
  ];
}

/** One word for a POSIX shell, quoted only where it must be. */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_./:@%+=,-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
