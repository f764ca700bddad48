#!/bin/sh
# Init of the kernel under test, in user-mode-linux over the host's files, read-only.
# The environment comes from the kernel's command line: VAM_SERVE (stream.py), and VAM_SETUP, what is to be done before it.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
end() {
  echo "guest: $*"
  busybox poweroff -f
}
# Its own proc, sys and run: through the host's it would see, and could change, the host.
mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run || end "mounts failed"

# The kernel asks for each algorithm by name; its modules lie where the package put them.
release=$(uname -r)
mkdir -p /run/root/lib/modules
ln -s "/usr/lib/uml/modules/$release" "/run/root/lib/modules/$release"
printf '#!/bin/sh\nexec modprobe -d /run/root "$@"\n' >/run/modprobe
chmod +x /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe

/run/modprobe ipv6 || end "no IPv6"
ip link set lo up
ip link set vec0 up
ip address add 192.0.2.2/24 dev vec0
ip address add 10.2.0.1/24 dev lo
ip route add 10.1.0.0/24 via 192.0.2.1 src 10.2.0.1
ip address add 2001:db8:99::2/64 dev vec0 nodad
ip address add 2001:db8:2::1/64 dev lo
ip route add 2001:db8:1::/64 via 2001:db8:99::1 src 2001:db8:2::1

if [ -n "$VAM_SETUP" ]; then . "$VAM_SETUP"; fi

/usr/bin/python3 "$VAM_SERVE" serve
end "services ended with $?"
