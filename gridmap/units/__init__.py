"""Units: the smallest pieces of land that are not cut (单元)."""
