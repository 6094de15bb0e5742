# SPDX-License-Identifier: Apache-2.0
"""The one way in which YAML is read: with one limit, and no object is ever built from a tag."""

from ensemble_yaml.reader import MAX_BYTES, MAX_VALUES, YamlError, plain, read

__all__ = ["MAX_BYTES", "MAX_VALUES", "YamlError", "plain", "read"]
