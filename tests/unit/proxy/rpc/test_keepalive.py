# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long a silent client is waited for."""

from virtbus.proxy.rpc.keepalive import KeepAlive, Step


def test_silence() -> None:
    alive = KeepAlive(count=2)
    assert [alive.tick() for _ in range(4)] == [Step.WAIT, Step.PING, Step.PING, Step.GIVE_UP]


def test_a_sign_of_life() -> None:
    alive = KeepAlive(count=1)
    assert [alive.tick(), alive.tick()] == [Step.WAIT, Step.PING]
    alive.heard()
    assert [alive.tick(), alive.tick(), alive.tick()] == [Step.WAIT, Step.PING, Step.GIVE_UP]
