# SPDX-License-Identifier: Apache-2.0
"""`python -m ensemble_drill` is `ensemble-drill`."""

import sys

from ensemble_drill.main import main

sys.exit(main())
