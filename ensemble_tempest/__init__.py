# SPDX-License-Identifier: Apache-2.0
"""A plugin of Tempest: tests of the ensembles API on a real cloud."""
