#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The first process of the main job's guest: says that it runs and which address it was given, gives a shell on the
# serial console, and powers off when the power button is pressed.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do insmod "$module"; done
hostname virtbus-guest
ip link set lo up

mkdir -p /etc/acpi/PWRF
printf '#!/bin/sh\npoweroff -f\n' >/etc/acpi/PWRF/00000080
chmod 755 /etc/acpi/PWRF/00000080
acpid -d >/dev/null 2>&1 &

echo "virtbus guest: Linux $(uname -r) is up, disk $(cat /sys/block/vda/size 2>/dev/null || echo none)"
cat >/etc/lease <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/$mask" dev "$interface"
echo "virtbus guest: lease $ip from $serverid on $interface"
END
chmod 755 /etc/lease
ip link set eth0 up
udhcpc -i eth0 -q -n -t 20 -T 1 -x hostname:virtbus-guest -s /etc/lease >/dev/ttyS0 2>/dev/null
while :; do setsid cttyhack sh; done
