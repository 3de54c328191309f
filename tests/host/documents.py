# SPDX-License-Identifier: LGPL-2.1-or-later
"""The documents of the main job: a network and a guest."""

from __future__ import annotations

from typing import Final

GUEST_UUID: Final = "6f1d6c1e-70a2-4f7b-9a55-3c5d7a1e0b01"
NETWORK_UUID: Final = "6f1d6c1e-70a2-4f7b-9a55-3c5d7a1e0b02"
POOL_FOLDER: Final = "/var/lib/libvirt/pools/demo"
BOOT_FOLDER: Final = "/var/lib/libvirt/boot"
GUEST_MAC: Final = "52:54:00:5e:10:01"

NETWORK: Final = f"""\
<network>
  <name>demo</name>
  <uuid>{NETWORK_UUID}</uuid>
  <forward mode='nat'/>
  <bridge name='virbr-demo' stp='on' delay='0'/>
  <ip address='192.168.150.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.150.100' end='192.168.150.200'/>
    </dhcp>
  </ip>
</network>
"""

GUEST: Final = f"""\
<domain type='qemu'>
  <name>demo</name>
  <uuid>{GUEST_UUID}</uuid>
  <memory unit='MiB'>160</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{BOOT_FOLDER}/vmlinuz</kernel>
    <initrd>{BOOT_FOLDER}/initramfs</initrd>
    <cmdline>console=ttyS0 quiet tsc=unstable nokaslr mitigations=off random.trust_cpu=on</cmdline>
  </os>
  <features>
    <acpi/>
  </features>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <disk type='volume' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source pool='demo' volume='disk.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='network'>
      <mac address='{GUEST_MAC}'/>
      <source network='demo'/>
      <model type='virtio'/>
    </interface>
    <serial type='pty'/>
    <console type='pty'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""
