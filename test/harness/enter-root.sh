#!/bin/sh
# enter-root.sh ROOT TEMPORARY COMMAND...: runs a command with another file system, in the mount
# namespace that `unshare --mount --propagation private` has just made. The temporary directory is
# at the same path inside and outside, so that paths mean the same to tests, clients and engine.
# Every mount ends with the last process of the namespace.
set -eu
root=$1 temporary=$2
shift 2
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
# Names are looked up as on this machine.
for file in etc/hosts etc/resolv.conf; do
  if [ -e "/$file" ] && [ -e "$file" ]; then mount --bind "/$file" "$file"; fi
done
mkdir -p ".$temporary" run/before
mount --bind "$temporary" ".$temporary"
pivot_root . run/before
cd /
umount --lazy /run/before
# The engine's own mounts have to reach its containers.
mount --make-rshared /
exec "$@"
