# SPDX-License-Identifier: Apache-2.0
"""The API as an OpenAPI 3.1 document, put together from what the handlers go by."""
