"""Walks through the state space: random commands on real repositories, every statement checked.

The oracle knows nothing of multigit's code: nothing in here imports multigit. A walk is a list of
lines that anybody can type again; `python -m tests.walk` takes as many as are wanted.
"""
