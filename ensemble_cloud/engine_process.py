# SPDX-License-Identifier: Apache-2.0
"""ensemble-engine, which ends with the cloud. Run as `python -m ... CONFIGURATION`."""

import importlib
import sys

from ensemble_cloud import serve

if __name__ == "__main__":
    serve.end_with_parent()
    # By name: the embedded cloud imports nothing of the API.
    engine = importlib.import_module("ensemble_api.cmd.engine")
    sys.exit(engine.main(["--config-file", sys.argv[1]]))
