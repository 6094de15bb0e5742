# SPDX-License-Identifier: Apache-2.0
"""The cloud around us: Placement and Nova."""
