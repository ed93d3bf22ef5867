#!/bin/sh
# Installs the Bridgeport agent on this server, or removes it again:
#
#   curl -fsSL https://bridgeport.example/api/agent/install.sh | sh -s -- --token bp1.…
#
# Everything is in functions, and the last line calls the first: a script that arrives in part does
# nothing. Exit codes are in usage() below.
set -eu
export LC_ALL=C
umask 022

# The control plane that hands this script out writes these two lines.
default_url=
version=

program=/usr/local/bin/bridgeport-agent
settings=/etc/bridgeport/agent.env
unit=/etc/systemd/system/bridgeport-agent.service
openrc=/etc/init.d/bridgeport-agent
supervisor=/usr/local/lib/bridgeport-agent/supervise
taken_over='DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH HTTPS_PROXY HTTP_PROXY NO_PROXY https_proxy http_proxy no_proxy'
pidfile=/run/bridgeport-agent.pid
log=/var/log/bridgeport-agent.log
default_user=bridgeport-agent

usage() {
  cat <<END
install.sh: installs the Bridgeport agent $version, or removes it

  --token <token>      join token from the server's page; needed once
  --token-file <file>  the same, read from a file
  --url <url>          the control plane, default ${default_url:-none}
  --sha256 <hash>      of the checksums of the agent, from the same line as the token
  --user <user>        who it runs as, default $default_user, in the group of Docker's socket
  --state-dir <dir>    its identity and journal, default /var/lib/bridgeport-agent
  --uninstall          stops the agent and takes away what was installed; containers stay
  --help

Of the environment it takes over DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, HTTPS_PROXY,
HTTP_PROXY and NO_PROXY. What an earlier run has taken over holds until it is set anew, also to nothing.

Exit codes: 0 done, 1 another failure, 2 a wrong option, 3 this machine cannot run the agent,
4 the download failed or is not the right one, 5 Docker cannot be used, 6 the control plane did not
let it join, 7 another agent is here, 8 no space
END
}

main() {
  url=$default_url token='' sha256='' user='' state_dir='' action=install
  while [ $# -gt 0 ]; do
    case $1 in
      --uninstall) action=uninstall ;;
      --help) usage && exit 0 ;;
      --token | --token-file | --url | --sha256 | --user | --state-dir)
        [ $# -gt 1 ] || die 2 "$1 takes a value (--help lists the options)."
        case $1 in
          --token) token=$2 ;;
          --token-file) token=$(cat "$2") || die 2 "--token-file $2 cannot be read." ;;
          --url) url=${2%/} ;;
          --sha256) sha256=$2 ;;
          --user) user=$2 ;;
          --state-dir) state_dir=${2%/} ;;
        esac
        shift
        ;;
      *) die 2 "$1 is not an option of this script (--help lists them)." ;;
    esac
    shift
  done
  [ "$(id -u)" = 0 ] || die 1 "This has to run as root: put sudo before sh."
  recall_settings
  user=${user:-$default_user} state_dir=${state_dir:-/var/lib/bridgeport-agent}
  case $user in
    *[!A-Za-z0-9_-]* | -*) die 2 "--user $user is not the name of a user." ;;
  esac
  case $state_dir in
    *[!A-Za-z0-9_./-]* | */../* | */..) die 2 "--state-dir takes a path of letters, digits and _./- only." ;;
    /?*) ;;
    *) die 2 "--state-dir takes an absolute path." ;;
  esac
  if [ $action = uninstall ]; then uninstall; else install; fi
}

say() { echo "$*"; }

die() {
  code=$1
  shift
  echo "$*" >&2
  exit "$code"
}

has() { command -v "$1" >/dev/null 2>&1; }

# What a program said last, from the files with its output.
last_line() { cat "$@" | sed -n '/[^[:space:]]/h; ${ x; p; }'; }

# What an earlier run has settled holds for this one, unless it is said anew.
recall_settings() {
  [ -r $settings ] || return 0
  state_dir=${state_dir:-$(sed -n 's/^BRIDGEPORT_AGENT_STATE_DIR=//p' $settings)}
  user=${user:-$(sed -n 's/^BRIDGEPORT_AGENT_USER=//p' $settings)}
  for name in $taken_over; do
    value=$(sed -n "s/^$name=//p" $settings)
    eval "[ -z \"\$value\" ] || [ -n \"\${$name+x}\" ] || export $name=\"\$value\""
  done
}

# Whether a directory has nothing in it but what an agent keeps, so that it may be given away or removed.
is_of_agent() {
  for entry in "$1"/* "$1"/.[!.]*; do
    case ${entry##*/} in
      '*' | '.[!.]*' | agent.json | agent.json.*.tmp | join-token | journal | upgrade* | .write-*) ;;
      *) return 1 ;;
    esac
  done
}

# --- installing ---

install() {
  check_options
  find_platform
  find_service
  find_present
  tmp=$(mktemp -d) || die 8 "There is no room for a temporary directory."
  undo=''
  trap 'clean_up' EXIT
  trap 'exit 1' HUP INT TERM
  check_engine_socket
  download
  make_user
  check_engine
  make_state_dir
  join
  undo='' # The token is used up: from here on what is there is kept.
  write_settings
  start_service
  wait_for_connection
}

check_options() {
  [ -n "$url" ] || die 2 "--url is missing: name the control plane, such as https://bridgeport.example."
  case $url in
    *[!A-Za-z0-9_./:@%~\[\]-]*) die 2 "--url $url is not an address." ;;
    http://?* | https://?*) ;;
    *) die 2 "--url $url is not an address that begins with https:// or http://." ;;
  esac
  case $token in
    '' | bp1.?*.?*) ;;
    *) die 2 "--token is not a join token: copy all of it (it begins with bp1.) from the server's page." ;;
  esac
  case $token in
    *[!A-Za-z0-9_.-]*) die 2 "--token is not a join token: it has characters that none has." ;;
  esac
  case $sha256 in
    *[!0-9a-f]*) die 2 "--sha256 takes 64 hexadecimal digits." ;;
  esac
  [ ${#sha256} = 0 ] || [ ${#sha256} = 64 ] || die 2 "--sha256 takes 64 hexadecimal digits."
  for name in $taken_over; do
    eval "value=\${$name:-}"
    case $value in
      *[!A-Za-z0-9_./:@%+=,*~\[\]-]*) die 2 "$name has characters that cannot be written down here: percent-encode them." ;;
    esac
  done
  has curl || has wget || die 1 "Neither curl nor wget is there: install one of them."
  for tool in gzip sha256sum sed su mktemp stat df; do
    has $tool || die 1 "$tool is not there: install it and try again."
  done
  case $url in
    https://*)
      [ -n "$sha256" ] || has curl || ! wget --help 2>&1 | grep -qi busybox ||
        die 1 "The wget of busybox believes every certificate: install curl, or use the whole line of the server's page, with --sha256."
      ;;
  esac
}

find_platform() {
  machine=$(uname -m)
  instead="Use the line for a container that the server's page shows: it runs on every Linux with Docker."
  [ "$(uname -s)" = Linux ] || die 3 "The agent runs on Linux; this is $(uname -s)."
  case $machine in
    x86_64 | amd64) platform=linux-x64 loader=/lib64/ld-linux-x86-64.so.2 ;;
    aarch64 | arm64) platform=linux-arm64 loader=/lib/ld-linux-aarch64.so.1 ;;
    *) die 3 "There is no agent for $machine, only for x86_64 and aarch64." ;;
  esac
  [ -e $loader ] || die 3 "The agent needs glibc, which is not here (musl, such as Alpine has, will not do). $instead"
}

find_service() {
  if [ -d /run/systemd/system ] && has systemctl; then
    service=systemd
  elif [ -d /run/openrc ] && has rc-service && has rc-update; then
    service=openrc
  else
    service=plain
  fi
}

# An agent that is here already: of the same token, it is completed; of the same control plane, it
# joins once more with a new token; of another one, it is left alone.
find_present() {
  joined=no
  [ ! -d "$state_dir" ] || is_of_agent "$state_dir" ||
    die 2 "--state-dir $state_dir has other files in it: name a directory that only the agent uses."
  identity=$state_dir/agent.json
  if [ ! -e "$identity" ]; then
    [ -n "$token" ] || die 2 "--token is missing: copy the line from the server's page."
    return 0
  fi
  its_url=$(sed -n 's/^  "url": "\(.*\)",*$/\1/p' "$identity")
  if [ "$(canonical "$its_url")" != "$(canonical "$url")" ]; then
    die 7 "An agent of ${its_url%/} is installed here already: remove it first (--uninstall), or keep it."
  fi
  its_token=$(sed -n 's/^  "joinedWith": "\(.*\)",*$/\1/p' "$identity")
  if [ -z "$token" ] || [ "$(printf %s "$token" | sha256sum | cut -d' ' -f1)" = "$its_token" ]; then
    joined=yes
    say "This server has joined $url already: its agent is brought up to date."
  else
    say "This server has joined $url already: it joins once more with the new token."
  fi
}

# An address as the agent writes it.
canonical() {
  echo "${1%/}" | tr A-Z a-z | sed 's|^\(https://[^/]*\):443\(/.*\)\{0,1\}$|\1\2|; s|^\(http://[^/]*\):80\(/.*\)\{0,1\}$|\1\2|'
}

check_engine_socket() {
  group=''
  case ${DOCKER_HOST:-} in
    '') socket=/var/run/docker.sock ;;
    unix://*) socket=${DOCKER_HOST#unix://} ;;
    *) socket='' && return 0 ;;
  esac
  [ -S "$socket" ] || die 5 "There is no Docker Engine at $socket: install and start Docker, or name its socket with DOCKER_HOST=unix://…"
  [ "$user" = $default_user ] || return 0
  gid=$(stat -Lc %g "$socket")
  [ "$gid" != 0 ] || die 5 "Docker's socket $socket is for root only: add --user root, or give it a group such as docker."
  group=$( (getent group "$gid" || grep "^[^:]*:[^:]*:$gid:" /etc/group) 2>/dev/null | sed -n '1s/:.*//p')
  [ -n "$group" ] || die 5 "Docker's socket $socket belongs to group $gid, which has no name here: add the group, or use --user."
}

# By the proxies that the agent uses, too: curl and wget look at fewer names, and not at all in the same way.
fetch() (
  export http_proxy="${http_proxy:-${HTTP_PROXY:-}}" no_proxy="${no_proxy:-${NO_PROXY:-}}"
  export https_proxy="${https_proxy:-${HTTPS_PROXY:-$http_proxy}}"
  case $no_proxy in
    '*') ;;
    *) no_proxy="${no_proxy:+$no_proxy,}localhost,127.0.0.1,::1" ;;
  esac
  unset NO_PROXY
  if has curl; then curl -fsSL "$1"; else wget -O- "$1"; fi
)

download() {
  from=$url/api/agent/download/$version
  fetch "$from/checksums" >"$tmp/checksums" 2>"$tmp/error" ||
    die 4 "The agent's checksums cannot be had from $url: $(last_line "$tmp/error")"
  if [ -n "$sha256" ] && [ "$(sha256sum <"$tmp/checksums" | cut -d' ' -f1)" != "$sha256" ]; then
    die 4 "What $url hands out is not what this line was made for: its hash is another one. If the control plane was upgraded since, make a new line on the server's page."
  fi
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $platform\$/\1/p" "$tmp/checksums")
  [ -n "$wanted" ] || die 4 "$url has no agent for $platform."
  if [ -e $program ] && [ "$(sha256sum <$program | cut -d' ' -f1)" = "$wanted" ]; then return 0; fi

  say "Downloading the agent $version for $platform ..."
  new=${program%/*}/.bridgeport-agent.new
  { mkdir -p "${program%/*}" && (: >$new); } 2>/dev/null ||
    die 1 "${program%/*} cannot be written on this machine. $instead"
  { fetch "$from/$platform.gz" 2>"$tmp/error" || echo download >"$tmp/failed"; } |
    gzip -dc >$new 2>"$tmp/unpacking" || echo unpacking >>"$tmp/failed"
  if [ -e "$tmp/failed" ]; then
    has_room "${program%/*}" || die 8 "There is no space left in ${program%/*}: the agent needs 130 MB there."
    grep -q download "$tmp/failed" || mv "$tmp/unpacking" "$tmp/error"
    die 4 "The agent cannot be downloaded from $url: $(last_line "$tmp/error")"
  fi
  [ "$(sha256sum <$new | cut -d' ' -f1)" = "$wanted" ] ||
    die 4 "What was downloaded is not the agent that $url announces: its hash is another one."
  chmod 755 $new
  if ! $new --version >"$tmp/said" 2>&1; then
    die 3 "The agent does not run on this machine: $(last_line "$tmp/said"). $instead"
  fi
  [ -e $program ] || undo="$undo new-program"
  mv -f $new $program
}

# Whether a directory has a megabyte left.
has_room() {
  free=$(df -Pk "$1" | sed -n '2s/^.* \([0-9][0-9]*\) \{1,\}[0-9]*% .*/\1/p')
  [ "${free:-1025}" -gt 1024 ]
}

make_user() {
  if id "$user" >/dev/null 2>&1; then
    # Its groups may be of an earlier Docker.
    if [ -n "$group" ] && ! id -Gn "$user" | tr ' ' '\n' | grep -qx "$group"; then
      if has usermod; then usermod -aG "$group" "$user"; else addgroup "$user" "$group"; fi ||
        die 1 "The user $user cannot be added to the group $group, whose Docker's socket is."
    fi
    return 0
  fi
  [ "$user" = $default_user ] || die 2 "There is no user $user here: add it, or leave --user out."
  undo="$undo user"
  add_user || die 1 "The user $user cannot be added to this machine: add it yourself, or name another one with --user."
}

add_user() {
  if has useradd; then
    useradd --system --no-create-home --home-dir "$state_dir" --shell /bin/false ${group:+--groups "$group"} "$user"
  else
    addgroup -S "$user" && adduser -S -D -H -h "$state_dir" -s /bin/false -G "$user" "$user" &&
      { [ -z "$group" ] || addgroup "$user" "$group"; }
  fi
}

make_state_dir() {
  [ -d "$state_dir" ] || undo="$undo state-dir"
  { mkdir -p "$state_dir" && chmod 700 "$state_dir" && chown -R "$user" "$state_dir"; } ||
    die 1 "$state_dir cannot be made: name another directory with --state-dir."
  has_room "$state_dir" || die 8 "There is no space left in $state_dir: the agent needs some megabytes there."
}

# Its own file, for root only, as a proxy's address may have a password in it.
write_settings() {
  {
    echo "# What the agent starts with; written by install.sh."
    echo "BRIDGEPORT_AGENT_STATE_DIR=$state_dir"
    echo "BRIDGEPORT_AGENT_USER=$user"
    for name in $taken_over; do
      eval "value=\${$name:-}"
      [ -z "$value" ] || echo "$name=$value"
    done
  } >"$tmp/settings"
  mkdir -p "${settings%/*}" && (umask 077 && cat "$tmp/settings" >$settings.new) && mv -f $settings.new $settings ||
    die 1 "$settings cannot be written. Run the same line again when that is mended: this server has joined."
}

as_user() {
  if [ "$user" = root ]; then sh -c "$1"; else HOME=$state_dir su -s /bin/sh "$user" -c "$1"; fi
}

check_engine() {
  as_user "$program --check-engine" >"$tmp/said" 2>&1 </dev/null && return 0
  die 5 "The user $user cannot use Docker: $(last_line "$tmp/said")"
}

# The token goes in by standard input: arguments are for everybody to read.
join() {
  [ $joined = no ] || return 0
  undo="$undo stopped"
  stop_service
  # Whom this machine trusts may have vouched for the control plane's https.
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem; do
    [ -n "${NODE_EXTRA_CA_CERTS:-}" ] || [ ! -r $file ] || export NODE_EXTRA_CA_CERTS=$file
  done
  echo "$token" | as_user "$program --join-only --url '$url' --token-file - --state-dir $state_dir" >"$tmp/said" 2>&1 ||
    die 6 "$(last_line "$tmp/said")"
}

wait_for_connection() {
  say "Waiting for the agent to connect ..."
  if as_user "$program --status --wait --state-dir $state_dir" >"$tmp/said" 2>&1 </dev/null; then
    say "$(cat "$tmp/said")"
    say "It serves $url as the user $user. Program: $program; state: $state_dir; settings: $settings."
    say "Its log: $(log_command). To remove it: the same script with --uninstall."
    if [ $service = plain ]; then
      say "There is neither systemd nor OpenRC here, so nothing starts it with the machine: run $supervisor then."
    fi
  else
    die 1 "The agent is installed and goes on trying, but is not connected yet: $(last_line "$tmp/said") Its log: $(log_command)"
  fi
}

log_command() {
  if [ $service = systemd ]; then echo "journalctl -u bridgeport-agent"; else echo "$log"; fi
}

clean_up() {
  code=$?
  rm -f "${program%/*}/.bridgeport-agent.new" "$settings.new"
  if [ $code != 0 ]; then
    for what in $undo; do
      case $what in
        new-program) rm -f $program ;;
        state-dir) rm -rf "$state_dir" ;;
        # What was stopped to join again goes on.
        stopped) [ ! -e "$state_dir/agent.json" ] || start_service ;;
        user) remove_user ;;
      esac
    done
  fi
  rm -rf "$tmp"
  exit $code
}

# A user whose last process is just ending cannot be removed yet.
remove_user() {
  tries=30
  while [ $tries -gt 0 ] && stat -c %U /proc/[0-9]* 2>/dev/null | grep -qx $default_user; do
    tries=$((tries - 1))
    sleep 1
  done
  if has userdel; then userdel $default_user 2>/dev/null || true; else deluser $default_user 2>/dev/null || true; fi
}

# --- running ---

start_service() {
  case $service in
    systemd)
      place $unit 644 write_unit
      systemctl daemon-reload
      systemctl --quiet enable bridgeport-agent.service && systemctl restart bridgeport-agent.service
      ;;
    openrc)
      place $openrc 755 write_openrc
      rc-update add bridgeport-agent default >/dev/null && rc-service bridgeport-agent restart >/dev/null
      ;;
    plain)
      stop_service
      mkdir -p "${supervisor%/*}"
      place $supervisor 755 write_supervisor
      $supervisor
      ;;
  esac || die 1 "The agent is installed, but $service does not start it (see above). Run the same line again when that is mended."
}

# place FILE MODE COMMAND: writes what COMMAND prints, whole or not at all.
place() {
  $3 >"$1.new" && chmod "$2" "$1.new" && mv -f "$1.new" "$1" || die 1 "$1 cannot be written."
}

stop_service() {
  case $service in
    systemd) [ ! -e $unit ] || systemctl stop bridgeport-agent.service ;;
    openrc) [ ! -e $openrc ] || rc-service bridgeport-agent stop >/dev/null ;;
    plain) [ ! -x $supervisor ] || $supervisor stop ;;
  esac
}

write_unit() {
  cat <<END
[Unit]
Description=Bridgeport agent
Wants=network-online.target
After=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
User=$user
EnvironmentFile=$settings
ExecStart=$program --state-dir $state_dir
Restart=always
RestartSec=5
UMask=0077
CapabilityBoundingSet=
NoNewPrivileges=yes
LockPersonality=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
ReadWritePaths=$state_dir
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
END
}

write_openrc() {
  cat <<END
#!/sbin/openrc-run
description="Bridgeport agent"
supervisor=supervise-daemon
command=$program
command_args="--state-dir $state_dir"
command_user=$user
respawn_delay=5
respawn_max=0
output_log=$log
error_log=$log
depend() { use net docker; after net docker; }
start_pre() { set -a; . $settings; set +a; checkpath -f -o $user $log; }
END
}

# Starts itself in the background, and the agent again whenever it ends.
write_supervisor() {
  cat <<END
#!/bin/sh
# Starts the Bridgeport agent in the background, and again whenever it ends; with "stop", stops it.
runs() { grep -q $supervisor "/proc/\$pid/cmdline" 2>/dev/null; }
stop() {
  pid=\$(cat $pidfile 2>/dev/null) && runs || return 0
  kill "\$pid"
  while runs; do sleep 1; done
}
# In the place of this process: su stays, and gives the agent no time to end in order.
agent() {
  [ $user != root ] || exec $program --state-dir $state_dir
  HOME=$(eval echo "~$user")
  export HOME
  if setpriv --help 2>&1 | grep -q init-groups; then
    exec setpriv --reuid $(id -u "$user") --regid $(id -g "$user") --init-groups $program --state-dir $state_dir
  fi
  exec su -s /bin/sh $user -c "exec $program --state-dir $state_dir"
}
end() {
  kill "\$agent" 2>/dev/null
  { sleep 60; kill -9 "\$agent"; } 2>/dev/null &
  wait "\$agent"
  kill \$! 2>/dev/null
  rm -f $pidfile
  exit 0
}
run() {
  trap end TERM
  set -a
  . $settings
  set +a
  while :; do
    agent &
    agent=\$!
    wait "\$agent"
    sleep 5 &
    agent=\$!
    wait "\$agent"
  done
}
case \${1:-start} in
  start)
    stop
    # Apart from the terminal, whose Ctrl-C and end are not the agent's.
    \$(command -v setsid) "\$0" run </dev/null >>$log 2>&1 &
    echo \$! >$pidfile
    ;;
  stop) stop ;;
  run) run ;;
esac
END
}

# --- removing ---

uninstall() {
  find_service
  stop_service
  case $service in
    systemd)
      systemctl disable bridgeport-agent.service >/dev/null 2>&1 || true
      rm -f $unit
      systemctl daemon-reload
      ;;
    openrc) rc-update del bridgeport-agent default >/dev/null 2>&1 || true ;;
  esac
  for file in $unit $openrc $settings; do rm -f $file $file.new; done
  rm -f $program "${program%/*}/.bridgeport-agent.new" $log $pidfile
  rm -rf "${supervisor%/*}"
  if is_of_agent "$state_dir"; then
    rm -rf "$state_dir"
  else
    say "Kept, as it has other files in it: $state_dir."
  fi
  rmdir /etc/bridgeport 2>/dev/null || true
  if id $default_user >/dev/null 2>&1; then remove_user; fi
  say "The agent and its state are removed. Containers go on running; remove the server in the console, too."
  if [ -e /etc/bridgeport/agent-policy.yaml ]; then say "Yours and kept: /etc/bridgeport/agent-policy.yaml"; fi
}

main "$@"
