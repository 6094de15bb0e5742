# SPDX-License-Identifier: Apache-2.0
"""What runs in nova-scheduler: the filter that keeps policies when Nova moves members."""
