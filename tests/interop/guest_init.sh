#!/bin/sh
# Init of the kernel under test, in user-mode-linux over the host's files, read-only: ESP states and policies by hand.
# The environment comes from the kernel's command line: VAM_SERVE (stream.py) and the keys with salt, in hex:
# VAM_TO_GATEWAY, VAM_TO_KERNEL.
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

ip link set lo up
ip link set vec0 up
ip address add 192.0.2.2/24 dev vec0
ip address add 10.2.0.1/24 dev lo
ip route add 10.1.0.0/24 via 192.0.2.1 src 10.2.0.1

# state SOURCE DESTINATION SPI KEY
state() {
  ip xfrm state add src "$1" dst "$2" proto esp spi "$3" reqid 1 mode tunnel \
    aead 'rfc4106(gcm(aes))' "0x$4" 128 replay-window 1024 flag esn || end "state $3 failed"
}
# policy DIRECTION FROM TO SOURCE DESTINATION
policy() {
  ip xfrm policy add dir "$1" src "$2" dst "$3" tmpl src "$4" dst "$5" proto esp reqid 1 mode tunnel \
    || end "policy $1 failed"
}
state 192.0.2.2 192.0.2.1 1001 "$VAM_TO_GATEWAY"
state 192.0.2.1 192.0.2.2 2002 "$VAM_TO_KERNEL"
policy out 10.2.0.0/24 10.1.0.0/24 192.0.2.2 192.0.2.1
policy in 10.1.0.0/24 10.2.0.0/24 192.0.2.1 192.0.2.2

/usr/bin/python3 "$VAM_SERVE" serve
end "services ended with $?"
