#!/bin/sh
# enter-host.sh ROOT SCRATCH SOCKET: becomes the first process of a small server, in the namespaces that
# `unshare --mount --pid --fork --propagation private` has just made. Its file system is ROOT with a
# layer of its own in memory, its Docker Engine the one at SOCKET. The network is this machine's.
set -eu
root=$1 scratch=$2 socket=$3
mkdir -p "$scratch/layer"
mount -t tmpfs tmpfs "$scratch/layer"
mkdir -p "$scratch/layer/upper" "$scratch/layer/work" "$scratch/layer/host"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$scratch/layer/upper,workdir=$scratch/layer/work" \
  "$scratch/layer/host"
cd "$scratch/layer/host"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
for file in etc/hosts etc/resolv.conf; do
  if [ -e "/$file" ] && [ -e "$file" ]; then mount --bind "/$file" "$file"; fi
done
if [ -n "$socket" ]; then
  : >run/docker.sock
  mount --bind "$socket" run/docker.sock
fi
mkdir -p run/before
pivot_root . run/before
cd /
: >run/ready
umount --lazy /run/before
# Whatever is started in the background here ends up with this process.
while :; do
  sleep 3600 &
  wait $!
done
