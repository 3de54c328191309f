# SPDX-License-Identifier: LGPL-2.1-or-later
"""The certificates of the TLS port, where libvirt has them, and the rules of the handshake."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path


class CertificateError(Exception):
    """A certificate or key that cannot be used: which file, and why."""


@dataclass(frozen=True)
class Files:
    """Where the certificates are."""

    ca: str = "/etc/pki/CA/cacert.pem"
    certificate: str = "/etc/pki/libvirt/servercert.pem"
    key: str = "/etc/pki/libvirt/private/serverkey.pem"
    crl: str = ""
    verify: bool = True


def context_for(files: Files) -> ssl.SSLContext:
    """Give the handshake's rules: TLS 1.2 at least, the client's certificate is demanded and verified."""
    for path in (files.ca, files.certificate, files.key):
        if not Path(path).is_file():
            raise CertificateError(f"Cannot read '{path}': no such file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A ticket after the handshake would reach clients before the byte that they wait for.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    try:
        context.load_cert_chain(files.certificate, files.key)
        context.load_verify_locations(files.ca)
        if files.crl:
            context.load_verify_locations(files.crl)
            context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    except (ssl.SSLError, OSError) as err:
        raise CertificateError(f"the certificates cannot be used: {err}") from err
    context.verify_mode = ssl.CERT_REQUIRED if files.verify else ssl.CERT_OPTIONAL
    return context
