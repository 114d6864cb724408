"""`iasql demo`: the whole story on this machine, with a real PostgreSQL and a stand-in for AWS."""
