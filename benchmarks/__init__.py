"""What things cost on this machine: figures to read, never a test. `python -m benchmarks --help`."""
