#!/bin/sh
# The minimum that promotes one repository safely: one fetch, a merge without a work tree,
# one atomic push of branch and tag. Two connections, five processes.
# Usage: floor.sh CLONE, with BENCH_TAG in the environment.
set -eu
cd "$1"
git fetch --quiet --no-tags --no-auto-maintenance origin \
    +refs/heads/dev:refs/remotes/origin/dev \
    +refs/heads/stg:refs/remotes/origin/stg
tree=$(git merge-tree --write-tree refs/remotes/origin/stg refs/remotes/origin/dev)
merge=$(git commit-tree "$tree" -p refs/remotes/origin/stg -p refs/remotes/origin/dev \
    -m "Merge dev into stg")
tag=$(printf 'object %s\ntype commit\ntag %s\ntagger %s\n\n%s\n' "$merge" "$BENCH_TAG" \
    "Bench <bench@example.invalid> 1700000000 +0000" "Merge dev into stg" | git mktag)
git push --quiet --atomic origin "$merge:refs/heads/stg" "$tag:refs/tags/$BENCH_TAG"
