#!/bin/sh
# What a folder of shell scripts does: one repository after the other, four connections each.
# Usage: old.sh CLONE..., with BENCH_TAG in the environment.
set -eu
for clone in "$@"; do
    (
        cd "$clone"
        git checkout --quiet dev
        git pull --quiet
        git checkout --quiet stg
        git pull --quiet
        git merge --quiet --no-ff -m "Merge dev into stg" dev
        git push --quiet origin stg
        git tag "$BENCH_TAG"
        git push --quiet origin "$BENCH_TAG"
    )
done
