# SPDX-License-Identifier: Apache-2.0
"""The solver, which planning is given and does not import: HiGHS, and the process it runs in."""
