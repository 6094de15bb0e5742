# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud: real OpenStack services with simulated hypervisors on one machine."""
