"""Write the tables that officials open: grids, communities, townships, findings, definitions.

What stands in a sheet is data (``sheets``); a text from outside is made harmless (``cleaning``)
before the file is written (``workbook``).
"""

from gridmap.reports.workbook import write_tables

__all__ = ["write_tables"]
