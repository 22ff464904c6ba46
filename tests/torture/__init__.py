"""Operations that are killed, cut off and starved at every point; and what must hold afterwards.

Black boxes only: nothing in here imports multigit. `python -m tests.torture` runs the campaign.
"""
