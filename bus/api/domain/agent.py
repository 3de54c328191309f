# SPDX-License-Identifier: LGPL-2.1-or-later
"""What needs help from within the guest, and its keyboard, console and screen."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, Direction, Form, Perm, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.streams import StreamEnd
from virtbus.bus.types import Fd, Fds, Int32, Int64, Max, Nullable, ParamDict, Parameters, Text, UInt32, UInt64


class FSInfo(NamedTuple):
    """Hold one mounted file system of a guest."""

    mountpoint: str
    name: str
    fstype: str
    dev_aliases: Annotated[list[str], Max(256)]


class IPAddress(NamedTuple):
    """Hold an address of a guest interface; `type` is a virIPAddrType."""

    type: Int32
    addr: str
    prefix: UInt32


class GuestInterface(NamedTuple):
    """Hold a guest interface with its addresses."""

    name: str
    hwaddr: str | None
    addrs: Annotated[list[IPAddress], Max(2048)]


class GuestTime(NamedTuple):
    """Hold what DomainGetTime gives."""

    seconds: Int64
    nseconds: UInt32


class DomainOpenGraphicsArgs(NamedTuple):
    """Give the wire arguments of DomainOpenGraphics, after the object."""

    idx: UInt32
    flags: UInt32


class DomainOpenGraphicsRet(NamedTuple):
    """Give the wire results of DomainOpenGraphics."""


class DomainOpenGraphicsFdArgs(NamedTuple):
    """Give the wire arguments of DomainOpenGraphicsFd, after the object."""

    idx: UInt32
    flags: UInt32


class DomainOpenGraphicsFdRet(NamedTuple):
    """Give the wire results of DomainOpenGraphicsFd."""


class DomainGetFSInfoArgs(NamedTuple):
    """Give the wire arguments of DomainGetFSInfo, after the object."""

    flags: UInt32


class DomainGetFSInfoRet(NamedTuple):
    """Give the wire results of DomainGetFSInfo."""

    info: Annotated[list[FSInfo], Max(256)]
    ret: UInt32


class DomainFdAssociateArgs(NamedTuple):
    """Give the wire arguments of DomainFdAssociate, after the object."""

    name: str
    flags: UInt32


class DomainFdAssociateRet(NamedTuple):
    """Give the wire results of DomainFdAssociate."""


class DomainMonitorCommandWithFilesArgs(NamedTuple):
    """Give the wire arguments of DomainMonitorCommandWithFiles, after the object."""

    cmd: str
    flags: UInt32


class DomainMonitorCommandWithFilesRet(NamedTuple):
    """Give the wire results of DomainMonitorCommandWithFiles."""

    result: str


class MonitorAnswer(NamedTuple):
    """Hold the monitor's answer and the descriptors that came with it."""

    result: str
    files: Fds


class DomainAgent(Api):
    """What needs help from within the guest, and its keyboard, console and screen."""

    @call(201, acl="domain:open_device", since="0.8.6", form=Form.STREAM, stream=Direction.BOTH)
    async def open_console(self, dev_name: str | None, flags: UInt32) -> StreamEnd:
        """Open the guest's console, or another character device by its alias.

        Flags choose whether another client is put out, or this one refused while there is one.
        """
        raise NoSupport

    @call(296, acl="domain:open_device", since="1.0.2", form=Form.STREAM, stream=Direction.BOTH)
    async def open_channel(self, name: str | None, flags: UInt32) -> StreamEnd:
        """Open the host's end of a channel into the guest, by alias or target name.

        A flag puts out a client that has it open already.
        """
        raise NoSupport

    @call(211, acl="domain:screenshot", since="0.9.2", form=Form.STREAM, stream=Direction.DOWNLOAD)
    async def screenshot(self, screen: UInt32, flags: UInt32) -> Annotated[StreamEnd, Nullable(Text())]:
        """Give a picture of one of the guest's screens, and its MIME type."""
        raise NoSupport

    @call(210, acl="domain:inject_nmi", since="0.9.2")
    async def inject_nmi(self, flags: UInt32) -> None:
        """Send the guest a non-maskable interrupt."""
        raise NoSupport

    @call(226, acl="domain:send_input", since="0.9.3")
    async def send_key(
        self, codeset: UInt32, holdtime: UInt32, keycodes: Annotated[list[UInt32], Max(16)], flags: UInt32
    ) -> None:
        """Press the given keys in the guest all at once.

        holdtime is in milliseconds; codeset says which table the codes are from.
        """
        raise NoSupport

    @call(
        249,
        acl="domain:open_graphics",
        since="0.9.7",
        args=DomainOpenGraphicsArgs,
        ret=DomainOpenGraphicsRet,
        form=Form.SPECIAL,
        fds_in=True,
    )
    async def open_graphics(self, idx: UInt32, fd: Fd, flags: UInt32) -> None:
        """Hand the guest's graphics server a socket of the caller's as a new client.

        idx counts the graphics devices; flags may skip the password.
        """
        raise NoSupport

    @call(261, acl="domain:pm_control", since="0.9.10")
    async def pm_suspend_for_duration(self, target: UInt32, duration: UInt64, flags: UInt32) -> None:
        """Have the guest put itself to sleep, for so many seconds or until woken with 0.

        target chooses memory, disk or both; needs help from inside the guest.
        """
        raise NoSupport

    @call(267, acl="domain:pm_control", since="0.9.11")
    async def pm_wakeup(self, flags: UInt32) -> None:
        """Wake the guest that put itself to sleep."""
        raise NoSupport

    @call(277, acl="domain:write", since="0.10.0")
    async def get_hostname(self, flags: UInt32) -> str:
        """Give the guest's host name as its agent or DHCP lease tells."""
        raise NoSupport

    @call(294, acl="domain:fs_trim", since="1.0.1")
    async def fstrim(self, mount_point: str | None, minimum: UInt64, flags: UInt32) -> None:
        """Have the guest's agent discard unused blocks of its file systems.

        Free ranges shorter than minimum bytes may be left out; the mount point must be unset.
        """
        raise NoSupport

    @call(295, acl="domain:send_signal", since="1.0.1")
    async def send_process_signal(self, pid_value: Int64, signum: UInt32, flags: UInt32) -> None:
        """Send a signal to a process inside the guest.

        Both are numbers: a pid in the guest's own namespace and virDomainProcessSignal.
        """
        raise NoSupport

    @call(335, acl="domain:fs_freeze", since="1.2.5")
    async def fsfreeze(self, mountpoints: Annotated[list[str], Max(256)], flags: UInt32) -> Int32:
        """Have the guest's agent freeze its file systems and give how many it froze.

        No mount points means all of them.
        """
        raise NoSupport

    @call(336, acl="domain:fs_freeze", since="1.2.5")
    async def fsthaw(self, mountpoints: Annotated[list[str], Max(256)], flags: UInt32) -> Int32:
        """Have the guest's agent thaw its file systems and give how many it thawed.

        No mount points means all of them.
        """
        raise NoSupport

    @call(337, acl="domain:write", since="1.2.5")
    async def get_time(self, flags: UInt32) -> GuestTime:
        """Give the guest's clock as seconds since 1970 and nanoseconds."""
        raise NoSupport

    @call(338, acl="domain:set_time", since="1.2.5")
    async def set_time(self, seconds: Int64, nseconds: UInt32, flags: UInt32) -> None:
        """Set the guest's clock to seconds since 1970 and nanoseconds.

        A flag takes the time from the guest's own hardware clock instead.
        """
        raise NoSupport

    @call(
        343,
        acl="domain:open_graphics",
        since="1.2.8",
        args=DomainOpenGraphicsFdArgs,
        ret=DomainOpenGraphicsFdRet,
        form=Form.SPECIAL,
    )
    async def open_graphics_fd(self, idx: UInt32, flags: UInt32) -> Fd:
        """Give a socket that is connected to the guest's graphics server.

        idx counts the graphics devices; flags may skip the password.
        """
        raise NoSupport

    @call(
        349, acl="domain:fs_freeze", since="1.2.11", args=DomainGetFSInfoArgs, ret=DomainGetFSInfoRet, form=Form.SPECIAL
    )
    async def get_fsinfo(self, flags: UInt32) -> Annotated[list[FSInfo], Max(256)]:
        """Give the file systems mounted in the guest, as its agent tells.

        Each has its mount point, name, type and the disks that it lies on.
        """
        raise NoSupport

    @call(353, acl=("domain:read", Perm("domain", "write", equals=1, arg="source")), since="1.2.14")
    async def interface_addresses(self, source: UInt32, flags: UInt32) -> Annotated[list[GuestInterface], Max(2048)]:
        """Give the guest's network interfaces with their MAC and IP addresses.

        source chooses where to look: DHCP leases, guest agent or the host's ARP table.
        """
        raise NoSupport

    @call(357, acl="domain:set_password", since="1.2.16")
    async def set_user_password(self, user: str | None, password: str | None, flags: UInt32) -> None:
        """Set the password of a user inside the guest by its agent.

        A flag says that it is encrypted already.
        """
        raise NoSupport

    @call(371, acl="domain:write", since="2.0.0")
    async def get_guest_vcpus(self, flags: UInt32) -> Annotated[ParamDict, Parameters(64)]:
        """Give the vCPUs as the guest's agent sees them: present, online and able to go offline.

        Each value is text such as 0-3,8.
        """
        raise NoSupport

    @call(372, acl="domain:write", since="2.0.0")
    async def set_guest_vcpus(self, cpumap: str, state: Int32, flags: UInt32) -> None:
        """Have the guest's agent bring vCPUs online (1) or take them offline (0).

        The set is text such as 0-3,8.
        """
        raise NoSupport

    @call(396, acl="domain:read", since="4.5.0")
    async def get_launch_security_info(self, flags: UInt32) -> Annotated[ParamDict, Parameters(64)]:
        """Give the measurement and policy with which the confidential guest was launched."""
        raise NoSupport

    @call(418, acl="domain:write", since="5.7.0", read_only=True)
    async def get_guest_info(self, types: UInt32, flags: UInt32) -> Annotated[ParamDict, Parameters(2048)]:
        """Give what the guest's agent tells of users, system, time zone, disks and so on.

        types chooses the groups, 0 for all of them; the result is named values.
        """
        raise NoSupport

    @call(420, acl="domain:write", since="5.10.0")
    async def agent_set_response_timeout(self, timeout: Int32, flags: UInt32) -> Int32:
        """Set how long to wait for the guest's agent, in seconds.

        0 does not wait, -1 takes the default and -2 waits for ever.
        """
        raise NoSupport

    @call(424, acl="domain:write", since="6.10.0")
    async def authorized_ssh_keys_get(self, user: str, flags: UInt32) -> Annotated[list[str], Max(2048)]:
        """Give the SSH keys that may log in as a user inside the guest, as its agent tells."""
        raise NoSupport

    @call(425, acl="domain:write", since="6.10.0")
    async def authorized_ssh_keys_set(self, user: str, keys: Annotated[list[str], Max(2048)], flags: UInt32) -> None:
        """Set, add or remove the SSH keys that may log in as a user inside the guest.

        Flags choose to add or remove; without them the keys are replaced.
        """
        raise NoSupport

    @call(439, acl="domain:write", since="8.0.0", read_only=True)
    async def set_launch_security_state(self, params: Annotated[ParamDict, Parameters(64)], flags: UInt32) -> None:
        """Inject a launch secret into the paused confidential guest.

        Values: the secret and its header in base64, and the guest address to put it at.
        """
        raise NoSupport

    @call(
        443,
        acl="domain:write",
        since="9.0.0",
        args=DomainFdAssociateArgs,
        ret=DomainFdAssociateRet,
        form=Form.SPECIAL,
        fds_in=True,
    )
    async def fd_associate(self, name: str, files: Fds, flags: UInt32) -> None:
        """Keep the caller's open files under a name that the guest's disk XML can refer to.

        They are dropped with the connection.
        """
        raise NoSupport

    @call(448, acl="domain:write", since="10.2.0")
    async def graphics_reload(self, type: UInt32, flags: UInt32) -> None:
        """Have the guest's graphics server read its TLS certificates anew.

        type chooses the server, any or VNC.
        """
        raise NoSupport

    @call(1, acl="domain:write", since="0.8.3", program="qemu")
    async def monitor_command(self, cmd: str, flags: UInt32) -> str:
        """Send a command to the guest's QEMU monitor and give its answer.

        The command is QMP JSON, or plain text by flag; using it taints the guest.
        """
        raise NoSupport

    @call(3, acl="domain:write", since="0.10.0", program="qemu")
    async def agent_command(self, cmd: str, timeout: Int32, flags: UInt32) -> str | None:
        """Send a JSON command to the guest's agent and give its answer.

        timeout is in seconds: 0 does not wait, -1 takes the default and -2 waits for ever.
        """
        raise NoSupport

    @call(
        7,
        acl="domain:write",
        since="8.2.0",
        program="qemu",
        args=DomainMonitorCommandWithFilesArgs,
        ret=DomainMonitorCommandWithFilesRet,
        form=Form.SPECIAL,
        fds_in=True,
    )
    async def monitor_command_with_files(self, cmd: str, files: Fds, flags: UInt32) -> MonitorAnswer:
        """Send a command and the caller's open files to the QEMU monitor and give its answer.

        Files that the answer carries come back along with it.
        """
        raise NoSupport
