"""Campaigns: histories in which production is rolled back again and again, and an oracle.

In the oracle, the roll-backs never happened. Whatever reaches a stage through multigit must be what
plain merges give there, or multigit must stop and ask. The long run: `python -m tests.campaigns`.
"""
