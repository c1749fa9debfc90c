"""The report: what a run found, as one page for a browser, with no network.

facts.py says what it is made from, reading/ takes that from the tables, pages/ turn it into blocks,
page.py writes them as HTML. Only reading/ needs Spark. A page more is a module in pages/ and a line
in its __init__.
"""
