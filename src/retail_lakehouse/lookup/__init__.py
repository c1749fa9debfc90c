"""What people ask of a home, as facts: few queries read them, and tables and JSON both show them.

Fields that are a table's columns have their names. What the fields mean as JSON is described in
docs/terminal.md, and a test holds the two together.
"""
