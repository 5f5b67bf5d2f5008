"""Every exception that gridmap raises on purpose.

    GridmapError
    ├── RefusedInput    (ValueError)   the input has findings of severity 'error'
    ├── UnreadableFile  (OSError)      a file that is missing, broken or of a kind not allowed
    ├── UnwritableFile  (OSError)      a result that can't be written where it was asked for
    ├── UnknownName     (KeyError)     an id, preset, role or datum that does not exist
    ├── InvalidOption   (ValueError)   an argument outside its range, or two that exclude each other
    └── MissingExtra    (ImportError)  a feature whose optional packages are not installed

An error says what, with numbers; where, with at most five ids; and the cure, as a call that can
be pasted; in English and Chinese; and never anything about a resident.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.findings import Finding, sort_findings

if TYPE_CHECKING:
    from collections.abc import Iterable


class GridmapError(Exception):
    """Base of all errors of gridmap: a stable ``code`` and one text in each language."""

    code = "gridmap_error"

    def __init__(self, en: str, zh: str, *, cure_en: str = "", cure_zh: str = "") -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh
        self.cure_en = cure_en
        self.cure_zh = cure_zh

    def __str__(self) -> str:
        """Return both languages, each followed by its cure."""
        english = self.en if not self.cure_en else f"{self.en} Try: {self.cure_en}"
        chinese = self.zh if not self.cure_zh else f"{self.zh} 办法：{self.cure_zh}"
        return f"{english}\n{chinese}"


class RefusedInput(GridmapError, ValueError):
    """The input cannot be planned; ``findings`` lists everything that is wrong, worst first."""

    code = "refused_input"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = sort_findings(findings)
        errors = [finding for finding in self.findings if finding.severity == "error"]
        super().__init__(
            f"The input has {len(errors)} finding(s) that must be mended first: "
            + "; ".join(finding.en for finding in errors),
            f"输入数据有 {len(errors)} 项问题须先处理："
            + "；".join(finding.zh for finding in errors),
            cure_en="; ".join(finding.cure_en for finding in errors),
            cure_zh="；".join(finding.cure_zh for finding in errors),
        )


class UnreadableFile(GridmapError, OSError):
    """A file is missing, damaged, or of a format that gridmap does not open."""

    code = "unreadable_file"


class UnwritableFile(GridmapError, OSError):
    """A result can't be written: no folder, no space, no permission, or a file to be spared."""

    code = "unwritable_file"


class UnknownName(GridmapError, KeyError):
    """An id, preset, role, datum or column that does not exist was asked for."""

    code = "unknown_name"


class InvalidOption(GridmapError, ValueError):
    """An argument is outside its range, or contradicts another."""

    code = "invalid_option"


class MissingExtra(GridmapError, ImportError):
    """A feature needs optional packages that are not installed."""

    code = "missing_extra"
