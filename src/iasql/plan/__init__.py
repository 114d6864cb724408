"""The decision: what differs between tables and cloud, and what to do about it.

Everything here is pure. Two sides are given as images, the log's agreement stands between them, and out
comes a `Plan`. The next step is `iasql.engine`, which reads both sides and carries the plan out.
"""
