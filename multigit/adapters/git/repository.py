"""One repository on disk and its remote, behind the engine's port: everything done there."""

from __future__ import annotations

from multigit.adapters.git.branches import MovesBranches
from multigit.adapters.git.cloning import ClonesRemote
from multigit.adapters.git.files import ReadsFiles
from multigit.adapters.git.folding import FoldsStages
from multigit.adapters.git.history import ReadsHistory
from multigit.adapters.git.push.publishing import Publishes
from multigit.adapters.git.work_tree.committing import MakesCommits
from multigit.adapters.git.work_tree.reading import ReadsWorkTree


class GitRepository(
    ReadsHistory,
    ReadsWorkTree,
    ReadsFiles,
    MakesCommits,
    FoldsStages,
    MovesBranches,
    ClonesRemote,
    Publishes,
):
    """A clone with its remote. Each part is in the module that it comes from."""
