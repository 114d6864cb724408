"""An account at an AWS stand-in (moto server) in which the rows exist that others refer to."""
