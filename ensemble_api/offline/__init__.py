# SPDX-License-Identifier: Apache-2.0
"""Planning without a cloud at hand: documents that describe a cloud and an ensemble."""
