"""The state machine's parts: an oracle of plain dictionaries, the world it is compared with, and what goes wrong there.

The next step is `property_tests/test_machine.py`, which runs it.
"""
