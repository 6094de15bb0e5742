# SPDX-License-Identifier: Apache-2.0
"""The ensembles of a whole cloud, in one thread and by one seed (doc/architecture/reliability.md).

What is ours is real: use cases, engine, worker, observer, filter, store. Nova and Placement are
models, the clock is virtual, and everything that can be lost, late or repeated is.
"""
