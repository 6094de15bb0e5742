# SPDX-License-Identifier: Apache-2.0
"""Execution: build, roll back and remove what is recorded of an ensemble."""
