# SPDX-License-Identifier: Apache-2.0
"""The clients of the API, as Tempest finds them."""

from ensemble_tempest.services.client import EnsemblesClient

__all__ = ["EnsemblesClient"]
