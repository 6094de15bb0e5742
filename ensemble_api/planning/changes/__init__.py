# SPDX-License-Identifier: Apache-2.0
"""Changes of an ensemble that was refused: the smallest ones with which the whole of it has a plan.

A change is a list of edits of fields of the description, and what is tried is the ensemble with
exactly those edits, so what is offered can be applied as it stands.
"""
