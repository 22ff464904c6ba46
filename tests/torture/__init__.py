"""Operations that are killed, cut off and starved at every point, and what must hold afterwards.

Everything is a black-box test: nothing in here imports multigit. `python -m tests.torture` runs
the whole campaign.
"""
