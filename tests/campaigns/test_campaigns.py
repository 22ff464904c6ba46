"""Whatever was rolled back: no promotion and no back-merge loses work without a question.

A failure names the command that repeats it. For more campaigns, run python -m tests.campaigns.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.campaigns.__main__ import play
from tests.campaigns.runs import Field
from tests.campaigns.ways import PlainWay
from tests.support.seeds import seeds

PLAIN = range(30)
CHUNKS, CHUNK, ROUNDS = 10, 20, 1

# Without a roll-back: criss-cross, hotfixes, renames, the same change on both sides.
ORDINARY = """
add dev api f101 src
edit dev api f1.03
promote dev stg
edit main api f2.09
edit stg api f3.01
cross stg main
move dev api f1 lib
edit main api f1.09 branch
point dev api sub
promote dev stg
promote stg main
backmerge main stg
backmerge stg dev
drop main api f3.11
undo main api
undo main api
back dev api f1.03
delete dev api f101
promote dev stg
promote stg main
backmerge main stg
"""


def test_a_plain_merge_is_silently_wrong_after_a_roll_back() -> None:
    """The oracle finds that in more than a third of the campaigns, in both directions."""
    campaigns = play(PLAIN, PlainWay)
    counts = sum((each.counts for each in campaigns), Counter[str]())
    assert sum(bool(each.wrong) for each in campaigns) > len(PLAIN) // 3
    assert counts["promotion: silently wrong"]
    assert counts["back-merge: silently wrong"]
    assert counts["promotion: right"] > len(PLAIN)


@pytest.mark.parametrize("way", [PlainWay, None])
def test_without_a_roll_back_a_plain_merge_is_right(
    tmp_path: Path, way: type[PlainWay] | None
) -> None:
    """So is multigit, which stops nowhere."""
    ground = Field(tmp_path, way) if way else Field(tmp_path)
    campaign = ground.replay(ORDINARY.strip().splitlines())
    assert campaign.lines == ORDINARY.strip().splitlines()
    assert {*campaign.counts} == {"promotion: right", "back-merge: right"}


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_is_lost_in_silence(chunk: int) -> None:
    """Each merge gives what plain git gives where no roll-back happened, or stops for a reason."""
    campaigns = play(seeds(chunk, CHUNK), rounds=ROUNDS)
    assert {each.repeat: each.wrong for each in campaigns if each.wrong} == {}
    counts = sum((each.counts for each in campaigns), Counter[str]())
    assert counts["promotion: right"] > CHUNK
