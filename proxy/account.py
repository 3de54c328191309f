# SPDX-License-Identifier: LGPL-2.1-or-later
"""Become an account without any power: a flaw in reading packets must not be worth root."""

from __future__ import annotations

import ctypes
import logging
import os
import pwd
import resource

log = logging.getLogger("virtbus.proxy")

PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
LAST_CAP = 63
FALLBACK = "nobody"


class AccountError(Exception):
    """The account cannot be taken on, so the program must not go on."""


def find(name: str) -> pwd.struct_passwd:
    """Give the account of a name, or else that of nobody."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        log.warning("there is no account '%s': '%s' is used in its place", name, FALLBACK)
        return pwd.getpwnam(FALLBACK)


def give_up_power(account: pwd.struct_passwd) -> None:
    """Turn this process into the account's, without capabilities and with no way to get any."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        for capability in range(LAST_CAP + 1):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        os.setgroups([])
        os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
        os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise AccountError(f"new privileges cannot be ruled out: {os.strerror(ctypes.get_errno())}")
    if account.pw_uid != 0 and 0 in os.getresuid():
        raise AccountError(f"the account '{account.pw_name}' was not taken on")


def raise_limits() -> None:
    """Allow as many descriptors as the system lets us have: each client takes one for each daemon it touches."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
