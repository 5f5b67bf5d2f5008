"""The commands of gridmap: thin over the library, with the exit codes of DESIGN.md section 3.

0 done; 1 refused (bad data, with findings); 2 usage; 3 done with rules unmet and reported;
70 an error inside gridmap; 130 stopped by Ctrl-C.
"""

from gridmap.cli.app import main

__all__ = ["main"]
