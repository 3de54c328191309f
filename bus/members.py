# SPDX-License-Identifier: LGPL-2.1-or-later
"""What objects have on D-Bus beyond the catalogue's calls: the standard interfaces, and this project's own additions.

One table, so that introspection, the check that each method has a permission, and the documentation agree.
"""

from __future__ import annotations

from typing import NamedTuple


class Member(NamedTuple):
    """One method, signal or property: arguments as "name:signature", what it needs, and what it gives.

    `permission` is one of the catalogue's, written "connect:getattr", or says in words who may.
    """

    name: str
    ins: tuple[str, ...]
    outs: tuple[str, ...]
    permission: str
    doc: str
    annotations: tuple[tuple[str, str], ...] = ()


class Interface(NamedTuple):
    """A D-Bus interface that is not made from the catalogue."""

    name: str
    methods: tuple[Member, ...] = ()
    signals: tuple[Member, ...] = ()
    properties: tuple[Member, ...] = ()


EVERYONE = "everyone"
FD = (("org.gtk.GDBus.C.UnixFD", "true"),)
CONST = (("org.freedesktop.DBus.Property.EmitsChangedSignal", "const"),)

MANAGER_METHODS = (
    Member(
        "OpenPeer",
        ("identity:a{sv}",),
        ("link:h",),
        "everyone as himself; another identity only from the proxy's own account",
        "Give one end of a private link on which the same objects answer, for one identity.\n\n"
        "An empty identity is the caller's own. Only the proxy may name another: keys uid, gid, pid, start_time,\n"
        "user, group, transport, read_only, sasl_user, x509_dname, selinux.",
        FD,
    ),
    Member("Subscribe", (), (), "connect:getattr", "Begin to send this daemon's signals to the caller."),
    Member("Unsubscribe", (), (), EVERYONE, "Stop sending signals to the caller."),
    Member(
        "EventsSince",
        ("generation:t", "sequence:t"),
        ("generation:t", "events:a(tsv)"),
        "connect:getattr",
        "Give the daemon's generation and the events after the given one: sequence, name and arguments of each.\n\n"
        "Another generation than the daemon's own gives all that are kept.",
    ),
)
MANAGER_PROPERTIES = (
    Member("Generation", (), ("t",), EVERYONE, "A number that is new at each start of the daemon.", CONST),
    Member("Version", (), ("s",), EVERYONE, "The release of virtbus.", CONST),
)

STREAM = Interface(
    "org.libvirt.Stream1",
    (
        Member("Finish", (), (), "who opened the stream", "Say that all data was sent or read; fail if it was not."),
        Member("Abort", (), (), "who opened the stream", "Give the stream up."),
    ),
)

PROPERTIES = Interface(
    "org.freedesktop.DBus.Properties",
    (
        Member("Get", ("interface:s", "name:s"), ("value:v",), "as the property's getter", "Give one property."),
        Member("Set", ("interface:s", "name:s", "value:v"), (), "as the property's setter", "Change one property."),
        Member(
            "GetAll",
            ("interface:s",),
            ("properties:a{sv}",),
            "as each property's getter",
            "Give every property that the caller may read.",
        ),
    ),
    (
        Member(
            "PropertiesChanged",
            ("interface:s", "changed:a{sv}", "invalidated:as"),
            (),
            "object:getattr",
            "Tell that properties have new values.",
        ),
    ),
)

OBJECT_MANAGER = Interface(
    "org.freedesktop.DBus.ObjectManager",
    (
        Member(
            "GetManagedObjects",
            (),
            ("objects:a{oa{sa{sv}}}",),
            "connect:getattr",
            "Give the objects that the caller may see, with their properties.",
        ),
    ),
    (
        Member(
            "InterfacesAdded",
            ("object:o", "interfaces:a{sa{sv}}"),
            (),
            "object:getattr",
            "Tell that there is a new object.",
        ),
        Member(
            "InterfacesRemoved", ("object:o", "interfaces:as"), (), "object:getattr", "Tell that an object is gone."
        ),
    ),
)

INTROSPECTABLE = Interface(
    "org.freedesktop.DBus.Introspectable",
    (Member("Introspect", (), ("xml:s",), EVERYONE, "Describe the object and name those below it."),),
)

PEER = Interface(
    "org.freedesktop.DBus.Peer",
    (
        Member("Ping", (), (), EVERYONE, "Answer."),
        Member("GetMachineId", (), ("machine_uuid:s",), EVERYONE, "Give the id of the host."),
    ),
)
