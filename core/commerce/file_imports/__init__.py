"""Files that are being imported: looked through first, then, once a person has said so, carried out.

A file is kept in portions of some hundred lines. A job looks through one portion after the other, and
later carries them out, each in a transaction of its own: however long the file, nobody waits for it, what
a process that dies leaves behind is gone on with, and no line is ever half done. A file of one portion is
done at once.
"""

from core.commerce.file_imports.reporting import (
    ImportProgress,
    export_wrong_lines,
    get_import,
    list_imports,
    list_plans,
    progress_of,
)
from core.commerce.file_imports.tables import (
    APPLYING,
    CANCELED,
    CHECKING,
    DONE,
    FAILED,
    READY,
    FileImport,
)
from core.commerce.file_imports.working import (
    MOST_LINES,
    apply_import,
    cancel_import,
    import_jobs,
    start_import,
)

__all__ = [
    "APPLYING",
    "CANCELED",
    "CHECKING",
    "DONE",
    "FAILED",
    "MOST_LINES",
    "READY",
    "FileImport",
    "ImportProgress",
    "apply_import",
    "cancel_import",
    "export_wrong_lines",
    "get_import",
    "import_jobs",
    "list_imports",
    "list_plans",
    "progress_of",
    "start_import",
]
