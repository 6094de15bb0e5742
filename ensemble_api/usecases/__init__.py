# SPDX-License-Identifier: Apache-2.0
"""The use cases, one file each, and what they share."""
