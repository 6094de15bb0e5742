# SPDX-License-Identifier: Apache-2.0
"""What the use cases find, as plain objects that the views render."""
