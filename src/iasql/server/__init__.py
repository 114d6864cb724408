"""How callers and time reach the engine: the channel, the clock, and a PostgreSQL of our own."""
