"""Which commits of a stage revert work of an earlier one, by their messages and their content.

To a merge such a commit is the newer change, whatever it was meant for: after a roll-back of
`main`, the next promotion leaves the rolled-back work out, without a conflict. The rules are in
`core/lineage`; this reads from git what they need.
"""
