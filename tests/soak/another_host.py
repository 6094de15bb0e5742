# SPDX-License-Identifier: Apache-2.0
"""What uWSGI imports first where processes of two releases on one machine are told apart."""

import os
import socket


def name() -> str:
    """The name of the machine that this process says it is on."""
    return os.environ["ENSEMBLES_SOAK_HOST"]


socket.gethostname = name
