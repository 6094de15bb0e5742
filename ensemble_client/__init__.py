# SPDX-License-Identifier: Apache-2.0
"""Clients of the ensembles API: of novaclient, of openstacksdk and of openstackclient."""
