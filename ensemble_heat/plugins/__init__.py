# SPDX-License-Identifier: Apache-2.0
"""The directory that Heat's option plugin_dirs names: Heat loads each module in it."""
