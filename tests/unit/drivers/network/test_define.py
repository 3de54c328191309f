# SPDX-License-Identifier: LGPL-2.1-or-later
"""Documents: what libvirtd 9.0.0 answered to each of them, recorded, is what the driver answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from virtbus.bus.errors import ErrorDomain, LibvirtError, XmlDetail
from virtbus.drivers.network import dnsmasq
from virtbus.drivers.network.check import fill_bridge, parse_network, validate
from virtbus.drivers.network.describe import describe, running_form, status
from virtbus.drivers.network.driver import _running
from virtbus.drivers.network.model import Mac, Network

GOLDEN = Path(__file__).parents[3] / "golden" / "network"
Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    found: list[Case] = json.loads((GOLDEN / name).read_text())
    return found


def whole(xml: str) -> Network:
    network = parse_network(xml)
    fill_bridge(network)
    if network.bridge and network.owns_bridge:
        network.bridge.name = (network.bridge.name or "virbr0").replace("%d", "0")
        network.mac = network.mac or Mac("MAC")
    validate(network)
    return network


@pytest.mark.parametrize("case", cases("define.json"), ids=lambda case: case["xml"][-60:])
def test_a_document_is_taken_or_refused_as_recorded(case: Case) -> None:
    if "text" in case:
        text = describe(whole(case["xml"]))
        assert re.sub("<uuid>.*</uuid>", "<uuid/>", text) == case["text"]
        return
    with pytest.raises(LibvirtError) as caught:
        whole(case["xml"])
    error = caught.value
    origin = ErrorDomain.NETWORK if error.origin is None else error.origin
    assert (error.code, int(origin), error.message) == (case["code"], case["domain"], case["message"])


@pytest.mark.parametrize("case", cases("start.json"), ids=lambda case: case["xml"][140:200])
def test_dnsmasq_is_told_as_recorded(case: Case) -> None:
    network = running_form(whole(case["xml"]))
    if "code" in case:
        if case["code"] == 67:
            with pytest.raises(LibvirtError) as caught:
                dnsmasq.files(network)
            assert caught.value.message == case["message"]
        return
    assert describe(network) == case["live"]
    files = dnsmasq.files(network) if dnsmasq.wanted(network) else dnsmasq.Files("", "", "")
    conf = "".join(f"{line}\n" for line in files.conf.splitlines() if not line.startswith("#"))
    assert (conf, files.hosts, files.names) == (case["conf"], case["hosts"], case["names"])


@pytest.mark.parametrize("case", cases("start.json"), ids=lambda case: case["xml"][140:200])
def test_a_running_network_is_read_back_from_its_state(case: Case) -> None:
    network = running_form(whole(case["xml"]))
    assert describe(_running(status(network))) == describe(network)


NASTY = ["&#10;", "&#13;", "&#10;address=/#/6.6.6.6"]
PLACES = [
    "<domain name='a{}b'/>",
    "<dns><forwarder domain='a{}b' addr='8.8.8.8'/></dns>",
    "<dns><txt name='a{}b' value='c'/></dns>",
    "<dns><txt name='a' value='b{}c'/></dns>",
    "<dns><srv service='a{}b' protocol='tcp'/></dns>",
    "<dns><srv service='a' protocol='tcp{}b'/></dns>",
    "<dns><srv service='a' protocol='tcp' domain='d{}'/></dns>",
    "<dns><srv service='a' protocol='tcp' target='d{}'/></dns>",
    "<dns><host ip='1.2.3.4'><hostname>a{}b</hostname></host></dns>",
    "<bridge name='a{}b'/>",
    "<ip address='10.1.1.1' prefix='24'><tftp root='/a{}b'/></ip>",
    "<ip address='10.1.1.1' prefix='24'><dhcp><host mac='52:54:00:00:00:01' name='a{}b' ip='10.1.1.2'/></dhcp></ip>",
    "<ip address='10.1.1.1' prefix='24'><dhcp><range start='10.1.1.2' end='10.1.1.9'/><bootp file='a{}'/></dhcp></ip>",
    "<forward mode='route' dev='a{}b'/><ip address='10.1.1.1' prefix='24'/>",
    "<d:options xmlns:d='http://libvirt.org/schemas/network/dnsmasq/1.0'><d:option value='a{}b'/></d:options>",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("nasty", NASTY)
def test_a_line_break_reaches_no_generated_file(place: str, nasty: str) -> None:
    with pytest.raises(XmlDetail, match="control character"):
        parse_network(f"<network><name>n</name>{place.format(nasty)}</network>")


def test_dnsmasq_files_are_checked_again_when_written() -> None:
    network = whole("<network><name>n</name><domain name='x'/><ip address='10.1.1.1' prefix='24'/></network>")
    assert network.domain is not None
    network.domain.name = "x\naddress=/#/6.6.6.6"
    with pytest.raises(XmlDetail):
        dnsmasq.files(network)
