# SPDX-License-Identifier: Apache-2.0
"""What counting proves without a search: refusals, and values that no plan goes below."""
