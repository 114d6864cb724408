"""The verbs: preview, commit, sync, refresh, install and what they are made of.

Each verb reads both sides into one value, lets `iasql.plan` decide, and carries the plan out. The next step
is `iasql.server`, which answers SQL calls with these verbs.
"""
