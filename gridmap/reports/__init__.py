"""Write the tables that officials open: grids, communities, townships, findings, definitions.

What stands in a sheet is data (``sheets``); a text from outside is made harmless (``cleaning``)
before the file is written (``workbook``). ``comparing`` does the same for two plans.
"""

from gridmap.reports.comparing import write_comparison
from gridmap.reports.workbook import check_tables_target, write_tables

__all__ = ["check_tables_target", "write_comparison", "write_tables"]
