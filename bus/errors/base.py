# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's errors as classes, one per code, and where they come from.

`raise NoDomain("no domain with matching name 'x'")` gives a client the code 42 and the text "Domain not found: no
domain with matching name 'x'": each class knows the text that libvirt puts before the detail
(https://libvirt.org/html/libvirt-virterror.html). On D-Bus an error is called `org.libvirt.Error.NoDomain`.
"""

from __future__ import annotations

import enum
from typing import Any, ClassVar


class ErrorDomain(enum.IntEnum):
    """Which part of libvirt an error comes from (virErrorDomain)."""

    NONE = 0
    XEN = 1
    XEND = 2
    XENSTORE = 3
    SEXPR = 4
    XML = 5
    DOM = 6
    RPC = 7
    PROXY = 8
    CONF = 9
    QEMU = 10
    NET = 11
    TEST = 12
    REMOTE = 13
    OPENVZ = 14
    XENXM = 15
    STATS_LINUX = 16
    LXC = 17
    STORAGE = 18
    NETWORK = 19
    DOMAIN = 20
    UML = 21
    NODEDEV = 22
    XEN_INOTIFY = 23
    SECURITY = 24
    VBOX = 25
    INTERFACE = 26
    ONE = 27
    ESX = 28
    PHYP = 29
    SECRET = 30
    CPU = 31
    XENAPI = 32
    NWFILTER = 33
    HOOK = 34
    DOMAIN_SNAPSHOT = 35
    AUDIT = 36
    SYSINFO = 37
    STREAMS = 38
    VMWARE = 39
    EVENT = 40
    LIBXL = 41
    LOCKING = 42
    HYPERV = 43
    CAPABILITIES = 44
    URI = 45
    AUTH = 46
    DBUS = 47
    PARALLELS = 48
    DEVICE = 49
    SSH = 50
    LOCKSPACE = 51
    INITCTL = 52
    IDENTITY = 53
    CGROUP = 54
    ACCESS = 55
    SYSTEMD = 56
    BHYVE = 57
    CRYPTO = 58
    FIREWALL = 59
    POLKIT = 60
    THREAD = 61
    ADMIN = 62
    LOGGING = 63
    XENXL = 64
    PERF = 65
    LIBSSH = 66
    RESCTRL = 67
    FIREWALLD = 68
    DOMAIN_CHECKPOINT = 69
    TPM = 70
    BPF = 71
    CH = 72


class ErrorLevel(enum.IntEnum):
    """How bad an error is (virErrorLevel)."""

    NONE = 0
    WARNING = 1
    ERROR = 2


BUS_PREFIX = "org.libvirt.Error."


class LibvirtError(Exception):
    """An error as libvirt reports it.

    `origin` is None until the daemon that raised it fills in its own. `str1`..`int2` are the extra fields of
    virError: the format used, the detail, and numbers (-1 where libvirt has none).
    """

    code: ClassVar[int] = 0
    bare: ClassVar[str] = "an unknown error occurred"
    detailed: ClassVar[str] = "%s"

    def __init__(
        self,
        detail: str | None = None,
        *,
        origin: ErrorDomain | None = None,
        level: ErrorLevel = ErrorLevel.ERROR,
        int1: int = -1,
        int2: int = -1,
    ) -> None:
        self.detail = detail
        self.origin = origin
        self.level = level
        self.str1: str | None = self.bare if detail is None else self.detailed
        self.str2: str | None = detail
        self.str3: str | None = None
        self.int1, self.int2 = int1, int2
        self.message = self.bare if detail is None else self.detailed.replace("%s", detail, 1)
        super().__init__(self.message)

    @classmethod
    def bus_name(cls) -> str:
        """Give the error's name on D-Bus."""
        return BUS_PREFIX + cls.__name__

    @classmethod
    def whole(cls, code: int, message: str, origin: int, level: int = 2, **extra: Any) -> LibvirtError:
        """Give the error of a code with its whole message, as another libvirt reported it."""
        error: LibvirtError = _BY_CODE.get(code, LibvirtError)()
        error.message = message
        error.args = (message,)
        error.origin = ErrorDomain(origin) if origin in ErrorDomain._value2member_map_ else ErrorDomain.NONE
        error.level = ErrorLevel(level) if level in (0, 1, 2) else ErrorLevel.ERROR
        for name, value in extra.items():
            setattr(error, name, value)
        return error

    def __init_subclass__(cls) -> None:
        """Enter the class in the table of codes."""
        super().__init_subclass__()
        _BY_CODE[cls.code] = cls
        _BY_NAME[cls.bus_name()] = cls


_BY_CODE: dict[int, type[LibvirtError]] = {}
_BY_NAME: dict[str, type[LibvirtError]] = {}


def by_code(code: int) -> type[LibvirtError]:
    """Give the class of a libvirt error code; the base class for an unknown one."""
    return _BY_CODE.get(code, LibvirtError)


def by_bus_name(name: str) -> type[LibvirtError] | None:
    """Give the class of a D-Bus error name; None for one that is not libvirt's."""
    return _BY_NAME.get(name)
