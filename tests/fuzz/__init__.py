# SPDX-License-Identifier: Apache-2.0
"""Requests that are made from the OpenAPI document, right ones and wrong ones, by a seed."""
