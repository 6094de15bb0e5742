# SPDX-License-Identifier: Apache-2.0
"""What plans, with the solver as the service gives it."""

from functools import partial

from ensemble_api.planning import cloud_headroom as cloud_rooms
from ensemble_api.planning import completion, mending, planner, recovery, scaling
from ensemble_api.planning import drill as failures
from ensemble_api.planning import headroom as rooms
from ensemble_api.solver.process import solve

plan = partial(planner.plan, solve=solve)
cloud_headroom = partial(cloud_rooms.cloud_headroom, solve=solve)
complete = partial(completion.complete, solve=solve)
drill = partial(failures.drill, solve=solve)
drills = partial(failures.drills, solve=solve)
headroom = partial(rooms.headroom, solve=solve)
loss = partial(rooms.loss, solve=solve)
mend = partial(mending.mend, solve=solve)
recover = partial(recovery.recover, solve=solve)
scale = partial(scaling.scale, solve=solve)
