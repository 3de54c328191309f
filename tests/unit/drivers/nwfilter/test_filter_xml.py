# SPDX-License-Identifier: LGPL-2.1-or-later
"""Filters are printed as libvirt 9.0 prints them, and refused in its words."""

from __future__ import annotations

import pytest

from virtbus.bus.errors import LibvirtError
from virtbus.drivers.nwfilter.filter_xml import read_filter, write_filter

UUID = "<uuid>74770000-0000-4000-8000-000000000001</uuid>"


def rule(protocol: str) -> str:
    return f"<filter name='f'>{UUID}<rule action='drop' direction='in'>{protocol}</rule></filter>"


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        (
            "<mac srcmacaddr='1:2:3:4:5:6' protocolid='0x0806'/>",
            "<mac srcmacaddr='01:02:03:04:05:06' protocolid='arp'/>",
        ),
        ("<mac match='no' srcmacaddr='$MAC'/>", "<mac match='no' srcmacaddr='$MAC'/>"),
        ("<mac match='no'/>", "<mac/>"),
        ("<ip dstipaddr='10.1.2' srcipmask='255.255.0.0'/>", "<ip srcipmask='16' dstipaddr='10.1.0.2'/>"),
        ("<ip protocol='0x11' dstportstart='a'/>", "<ip protocol='udp' dstportstart='0xa'/>"),
        ("<arp opcode='0x1' gratuitous='yes'/>", "<arp opcode='Request' gratuitous='true'/>"),
        ("<tcp flags='ACK,SYN/FIN,SYN'/>", "<tcp flags='SYN,ACK/FIN,SYN'/>"),
        ("<tcp state='ESTABLISHED, new'/>", "<tcp state='NEW,ESTABLISHED'/>"),
        ("<tcp srcipaddr='$A[ 01 ]' dstportstart='$P[@ 2]'/>", "<tcp srcipaddr='$A[1]' dstportstart='$P[@2]'/>"),
        ("<all ipset='s' ipsetflags='SRC,dst'/>", "<all ipset='s' ipsetflags='src,dst'/>"),
        ('<tcp comment="it\'s &lt;"/>', "<tcp comment='it&apos;s &lt;'/>"),
    ],
)
def test_values_have_one_form(given: str, printed: str) -> None:
    text = write_filter(read_filter(rule(given)))
    assert f"    {printed}\n" in text
    assert write_filter(read_filter(text)) == text


def test_the_form_of_a_whole_filter() -> None:
    text = (
        f"<filter name='f' chain='arp-x'>{UUID}<filterref filter='g'><parameter name='B' value='2'/>"
        "<parameter name='A' value='1'/><parameter name='no-name' value='1'/><parameter name='B' value='1'/>"
        "</filterref><bogus/><rule action='accept' direction='out' priority='7' statematch='0'/></filter>"
    )
    assert write_filter(read_filter(text)) == (
        "<filter name='f' chain='arp-x' priority='-500'>\n"
        "  <uuid>74770000-0000-4000-8000-000000000001</uuid>\n"
        "  <filterref filter='g'>\n"
        "    <parameter name='A' value='1'/>\n"
        "    <parameter name='B' value='2'/>\n"
        "    <parameter name='B' value='1'/>\n"
        "  </filterref>\n"
        "  <rule action='accept' direction='out' priority='7' statematch='false'/>\n"
        "</filter>\n"
    )


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        ("<filter/>", 1, "internal error: filter has no name"),
        ("<network/>", 27, "XML error: expecting root element of 'filter', not 'network'"),
        ("<filter name='f'><uuid>q</uuid></filter>", 27, "XML error: malformed uuid element"),
        ("<filter name='a/b'/>", 35, "invalid char in name: /"),
        ("<filter name='f' chain='arp' priority='1001'/>", 8,
         "invalid argument: Priority '1001' is outside valid range of [-1000,1000]"),
        ("<filter name='f' chain='arp-a/b'/>", 8, "invalid argument: Chain name contains invalid characters"),
        ("<filter name='f' chain='arp-123456789'/>", 8, "invalid argument: Name of chain is longer than 12 characters"),
        ("<filter name='f'><rule action='x' direction='in'/></filter>", 67,
         "unsupported configuration: unknown rule action attribute value"),
        ("<filter name='f'><rule direction='in'/></filter>", 1, "internal error: rule node requires action attribute"),
        (rule("<tcp dstportstart='70000'/>"), 1, "internal error: dstportstart has illegal value 70000"),
        (rule("<tcp srcipaddr='$A B'/>"), 1, "internal error: srcipaddr has illegal value $A B"),
        (rule("<mac srcmacaddr='1:2:3:4:5:6&#10;drop'/>"), 1,
         "internal error: srcmacaddr has illegal value 1:2:3:4:5:6\ndrop"),
        (rule("<mac srcmacmask='ff:00:ff:00:00:00'/>"), 1,
         "internal error: srcmacmask has illegal value ff:00:ff:00:00:00"),
    ],
)  # fmt: skip
def test_refusals(document: str, code: int, message: str) -> None:
    with pytest.raises(LibvirtError) as raised:
        read_filter(document)
    assert (raised.value.code, raised.value.message) == (code, message)
