"""Evidence: what an auditor gets, and how it is proved without trusting the database or whoever runs it.

Seals (`iasql.log`) chain the log's rows; here they are signed, published, exported, verified offline and archived.
"""
