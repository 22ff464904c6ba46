"""Walks through the state space: random commands on real repositories, every statement checked.

The oracle is independent of multigit's code: nothing in here imports multigit. A walk is a list of
lines that anyone can replay; `python -m tests.walk` takes as many walks as you ask for.
"""
