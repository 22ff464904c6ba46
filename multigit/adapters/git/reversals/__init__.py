"""Reading which commits of a stage take back work of another: what they say, what they put back.

A merge takes such a commit for the newer will, whatever it was meant for: after a roll-back of
`main`, the next promotion leaves the rolled-back work out, without a conflict. The rules are in
`core/lineage`; this asks git for what they judge.
"""
