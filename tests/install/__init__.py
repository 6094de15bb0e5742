# SPDX-License-Identifier: Apache-2.0
"""An installation from the built packages, as the documentation says, into a cloud without it."""
