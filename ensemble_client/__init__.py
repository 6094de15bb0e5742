# SPDX-License-Identifier: Apache-2.0
"""Clients of the ensembles API: novaclient extension and openstackclient plugin."""
