# SPDX-License-Identifier: Apache-2.0
"""Ensembles in nova-api: plan, reserve and build the servers of one application as a whole."""
