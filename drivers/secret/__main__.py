# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virtsecretd."""

from virtbus.drivers.common.start import main
from virtbus.drivers.secret.driver import SecretDriver

if __name__ == "__main__":
    main("secret", SecretDriver)
