"""Texts made from declarations: the reference page of a table, and the first draft of a new declaration."""
