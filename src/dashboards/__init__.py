"""The dashboard: queries/ has a file of SQL each, the *_page modules say what shows them and where.

``make dashboard`` makes retail_lakehouse.lvdash.json of both, which is what the bundle deploys;
``make preview`` draws it without a workspace.
"""
