# SPDX-License-Identifier: Apache-2.0
"""The full profile: the servers, the services and the steps that the compact one has not."""
