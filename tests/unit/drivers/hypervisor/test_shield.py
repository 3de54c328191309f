# SPDX-License-Identifier: LGPL-2.1-or-later
"""Documents that libvirt does not get to see."""

from __future__ import annotations

import pytest

from virtbus.bus.api.domain import Domain
from virtbus.bus.errors import LibvirtError, XmlDetail, XmlError
from virtbus.drivers.hypervisor import shield

RENAME, ATTACH = Domain.calls["rename"], Domain.calls["attach_device"]
MANY = shield.LARGE * 2
ENTITY = f"<!DOCTYPE d [<!ENTITY x '{'y' * 30000}'>]>"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<d>" + "<a>" * MANY, XmlDetail),
        (f"<d>{'x' * MANY}", XmlDetail),
        ("<d " + " ".join(f"a{n}='1'" for n in range(20_000)) + "/>", XmlDetail),
        (f"{ENTITY}<d>{'&x;' * 9000}</d>", XmlDetail),
        ("<domain><name>..</name></domain>", XmlError),
        ("<domain><name> . </name></domain>", XmlError),
    ],
)
def test_refused(text: str, kind: type[LibvirtError]) -> None:
    with pytest.raises(kind) as caught:
        shield.check(ATTACH, (text, 0))
    assert len(str(caught.value)) < 4096
    with pytest.raises(kind):
        shield.check(ATTACH, ([text], 0))


@pytest.mark.parametrize("name", [".", ".."])
def test_no_guest_is_renamed_to_a_folder(name: str) -> None:
    with pytest.raises(XmlError):
        shield.check(RENAME, (name, 0))


@pytest.mark.parametrize(
    "text", ["", "<broken", "<d/>", f"<d>{'<a/>' * MANY}</d>", f"{ENTITY}<d>&x;</d>", "x" * MANY, "<name>a..b</name>"]
)
def test_all_else_is_libvirts(text: str) -> None:
    shield.check(ATTACH, (text, None, 0, [1]))
    shield.check(RENAME, ("guest", 0))
