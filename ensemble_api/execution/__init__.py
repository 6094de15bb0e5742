# SPDX-License-Identifier: Apache-2.0
"""Execution: bring an ensemble from what is to what was promised."""
