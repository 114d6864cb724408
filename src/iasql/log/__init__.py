"""The memory: the audit log, its gate and markers, and the thin Python that reads and writes them.

The SQL stands in this folder's .sql files; each Python file says in values what its functions answer.
"""
