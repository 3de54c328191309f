# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make the certificates of a private host: one authority, one server, one client, where libvirt looks for them."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

PKI = Path("/etc/pki")
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
AUTHORITY = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]


def extensions(who: str) -> str:
    """Give what the certificate of a "server" or "client" may be used for."""
    return (
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
        f"keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage={who}Auth\n"
    )


def openssl(*arguments: str) -> None:
    """Run openssl; its chatter is shown only when it fails."""
    subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make(folder: Path = PKI) -> None:
    """Write CA/cacert.pem, libvirt/{server,client}cert.pem and their keys."""
    (folder / "CA").mkdir(parents=True, exist_ok=True)
    (folder / "libvirt/private").mkdir(parents=True, exist_ok=True)
    key, certificate = str(folder / "CA/cakey.pem"), str(folder / "CA/cacert.pem")
    openssl("req", "-x509", *KEY, "-subj", "/CN=virtbus authority", "-keyout", key, "-out", certificate, *AUTHORITY)
    for who, subject in (("server", "/CN=localhost"), ("client", "/O=virtbus/CN=client")):
        with tempfile.TemporaryDirectory() as place:
            request, wanted = f"{place}/request", Path(place, "extensions")
            wanted.write_text(extensions(who))
            private = str(folder / f"libvirt/private/{who}key.pem")
            openssl("req", *KEY, "-subj", subject, "-keyout", private, "-out", request)
            signer = ["-CA", certificate, "-CAkey", key, "-CAcreateserial", "-days", "30"]
            target = str(folder / f"libvirt/{who}cert.pem")
            openssl("x509", "-req", "-in", request, *signer, "-extfile", str(wanted), "-out", target)
