"""The other side: the only place that talks to AWS. Everything here is synchronous and may be called from threads."""
