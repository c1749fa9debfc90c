"""Retail lakehouse: from raw invoices to customer segments and product recommendations."""

__version__ = "0.1.0"
