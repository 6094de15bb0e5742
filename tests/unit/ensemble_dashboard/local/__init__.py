# SPDX-License-Identifier: Apache-2.0
"""Settings that Horizon finds before those in its own package."""
