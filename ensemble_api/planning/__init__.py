# SPDX-License-Identifier: Apache-2.0
"""Pure planning: from an ensemble and a snapshot of the cloud to a plan or to reasons."""
