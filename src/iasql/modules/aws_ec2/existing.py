"""The instances that an answer of DescribeInstances tells and that are still there."""

from __future__ import annotations

EXISTING = "Reservations[].Instances[?State.Name != 'terminated' && State.Name != 'shutting-down'][]"
"""A jmespath: EC2 goes on telling of terminated instances for about an hour."""
