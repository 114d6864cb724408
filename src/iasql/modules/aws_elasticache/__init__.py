"""Amazon ElastiCache: cache clusters."""

from __future__ import annotations

from iasql.modules.aws_elasticache.cache_cluster import CACHE_CLUSTER
from iasql.resource import Module

MODULE = Module(
    name="aws_elasticache",
    dependencies=("aws_account",),
    resources=(CACHE_CLUSTER,),
    comment="ElastiCache clusters of Redis and Memcached.",
)
