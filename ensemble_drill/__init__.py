# SPDX-License-Identifier: Apache-2.0
"""Drills with real failures: what becomes of a service is predicted first and judged afterwards."""
