# SPDX-License-Identifier: Apache-2.0
"""HTTP handlers: parse, authorize, call, render."""
