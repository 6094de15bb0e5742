# SPDX-License-Identifier: Apache-2.0
"""The exact model: counts of members as columns of whole numbers, for a solver to search."""
