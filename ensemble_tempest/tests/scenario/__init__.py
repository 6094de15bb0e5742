# SPDX-License-Identifier: Apache-2.0
"""What becomes of ensembles on the hosts of the cloud."""
