# SPDX-License-Identifier: Apache-2.0
"""The configuration files of every service of one embedded cloud."""
