# SPDX-License-Identifier: Apache-2.0
"""Ensembles as a service of openstacksdk's connections: `connection.ensemble`."""

from ensemble_client.sdk.errors import details
from ensemble_client.sdk.service import EnsembleService

__all__ = ["EnsembleService", "details"]
