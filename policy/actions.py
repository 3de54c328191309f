# SPDX-License-Identifier: LGPL-2.1-or-later
"""The permissions as polkit actions: the files that go to /usr/share/polkit-1/actions.

They carry the names of libvirt's own files, which they replace: polkit takes an action from one file only.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from virtbus.policy.permissions import CONNECT_ACTIONS, PERMISSIONS

API_FILE = "org.libvirt.api.policy"
UNIX_FILE = "org.libvirt.unix.policy"
OWNER = "org.freedesktop.policykit.owner"
DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD polkit Policy Configuration 1.0//EN"\n'
    ' "http://www.freedesktop.org/software/polkit/policyconfig-1.dtd">\n'
)


def api_actions() -> str:
    """Give the file of the actions that are checked at each call."""
    root = _root()
    for each in PERMISSIONS:
        name = f"{each.object.replace('_', ' ')}: {each.name.replace('_', ' ')}"
        _action(root, each.action, name, each.purpose, each.default)
    return _text(root)


def connect_actions(askers: Iterable[str]) -> str:
    """Give the file of the actions that are checked when a legacy client connects.

    The accounts `askers` (the proxy's) may ask polkit about others although they are not root.
    """
    root = _root()
    for each in CONNECT_ACTIONS:
        action = _action(root, each.action, each.purpose.capitalize(), each.purpose, each.default)
        owners = " ".join(f"unix-user:{account}" for account in askers)
        if owners:
            ET.SubElement(action, "annotate", key=OWNER).text = owners
    return _text(root)


def _root() -> ET.Element:
    root = ET.Element("policyconfig")
    ET.SubElement(root, "vendor").text = "virtbus"
    return root


def _action(root: ET.Element, name: str, description: str, purpose: str, answer: str) -> ET.Element:
    action = ET.SubElement(root, "action", id=name)
    ET.SubElement(action, "description").text = description
    ET.SubElement(action, "message").text = f"Authorisation is needed to {purpose}"
    defaults = ET.SubElement(action, "defaults")
    for who in ("allow_any", "allow_inactive", "allow_active"):
        ET.SubElement(defaults, who).text = answer
    return action


def _text(root: ET.Element) -> str:
    ET.indent(root)
    return DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"
