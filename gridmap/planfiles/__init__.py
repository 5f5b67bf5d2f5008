"""A plan as one GeoPackage 1.3 file, and back without loss.

The layers and columns of DESIGN.md section 3 come first and in that order, so that QGIS and
the scripts of others find what was promised; behind them stands what is needed to restore a full
`gridmap.model.Plan`. ``docs/plan-file.md`` lists all of it.

    layout       which tables and columns there are
    packing      Plan -> tables
    geopackage   tables -> bytes on disk, and back
    unpacking    tables -> Plan, believing nothing
"""

from gridmap.planfiles.geopackage import is_plan_file, read_plan, write_plan

__all__ = ["is_plan_file", "read_plan", "write_plan"]
