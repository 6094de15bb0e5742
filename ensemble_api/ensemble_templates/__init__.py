# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates: descriptions with parameters, which give ensembles when they are applied."""
